"""`market_maker preview`: the ladder a configuration would quote, before it quotes."""

import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from market_maker.cli.report_file import check_report, write_report
from market_maker.cli.table_console import print_prose, table_console
from market_maker.config import CONFIG_BYTES_MAX, load_pool_config
from market_maker.documents import read_document
from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.pool_document import decimal_of
from market_maker.operations.preview import (
    Dial,
    Point,
    Preview,
    PreviewMoment,
    preview,
)
from market_maker.operations.quoted_ladder import BOOK_SIDES, Quoted
from market_maker.research.wording import NONE, number
from market_maker.venues.instruments import SandboxInstruments

DEFAULT_SYMBOL = "BTCUSDT-PERP"
_MEMBERS_SHOWN = 4


def command(
    config: Annotated[Path, typer.Option(help="TOML file with the pool's fields.")],
    *,
    mid: Annotated[str, typer.Option(help="Mid price, quote currency.", metavar="PRICE")],
    sigma: Annotated[float, typer.Option(help="Volatility, bps per square root of hour.")],
    position: Annotated[str, typer.Option(help="Base currency, signed.", metavar="QUANTITY")] = "0",
    sigma_ref: Annotated[
        float | None, typer.Option(help="Its long-run level, same unit; as sigma without it.")
    ] = None,
    symbol: Annotated[
        str | None, typer.Option(help="Of the instrument, where the file names none.")
    ] = None,
    tick_size: Annotated[
        str | None, typer.Option(help="Of an instrument that the sandbox does not list.")
    ] = None,
    lot_size: Annotated[str | None, typer.Option(help="As --tick-size.")] = None,
    min_notional: Annotated[
        str, typer.Option(help="Smallest order, quote currency, with --tick-size.")
    ] = "0",
    html: Annotated[Path | None, typer.Option(help="Write an HTML page with charts here.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show the ladder a configuration would quote: prices, distances, sizes and each member's lots,
    which clamp binds, and what gamma, kappa, volatility and the position do to it."""
    _check_page(html, config, force=force)
    name = symbol or _declared_symbol(config) or DEFAULT_SYMBOL
    pool = load_pool_config(config, name)
    instrument = _instrument(name, tick_size, lot_size, min_notional)
    moment = PreviewMoment(
        decimal_of("mid", mid),
        sigma,
        sigma if sigma_ref is None else sigma_ref,
        decimal_of("position", position),
    )
    found = preview(instrument, pool, moment)
    if html is not None:
        # Only the page's charts need numpy.
        from market_maker.research.preview_page import render  # noqa: PLC0415

        write_report(html, render(found))
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        _show(found, table_console())
    if html is not None:
        print(f"wrote {html}", file=sys.stderr)


def _check_page(page: Path | None, config: Path, *, force: bool) -> None:
    """Refuse before the work what could not be written after it. Raises InvalidFieldError."""
    if page is not None and page.exists() and config.exists() and page.samefile(config):
        raise InvalidFieldError("html", str(page), "any file but the configuration")
    try:
        check_report(page, config, force=force)
    except InvalidFieldError as error:
        raise InvalidFieldError("html", error.value, error.allowed) from None


def _declared_symbol(path: Path) -> str | None:
    """What the file says it is for; what is wrong with the file is found when it is loaded."""
    try:
        text = read_document(path, CONFIG_BYTES_MAX).decode("utf-8-sig")
        declared = tomllib.loads(text).get("symbol")
    except (InvalidDataError, ValueError, RecursionError):
        return None
    return declared if isinstance(declared, str) else None


def _instrument(
    symbol: str, tick_size: str | None, lot_size: str | None, min_notional: str
) -> Instrument:
    if tick_size is not None and lot_size is not None:
        sizes = (decimal_of("tick_size", tick_size), decimal_of("lot_size", lot_size))
        return Instrument(symbol, *sizes, decimal_of("min_notional", min_notional))
    for field, given in (("lot_size", lot_size), ("tick_size", tick_size)):
        other = "tick_size" if field == "lot_size" else "lot_size"
        if given is not None:
            raise InvalidFieldError(other, None, f"needed beside {field}")
    listed = SandboxInstruments()
    found = listed.find(symbol)
    if found is None:
        allowed = f"one of {', '.join(listed.symbols())}, or any with --tick-size and --lot-size"
        raise InvalidFieldError("symbol", symbol, allowed)
    return found


def _show(found: Preview, console: Console) -> None:
    for line in _facts(found):
        print_prose(console, line)
    console.print(_ladder(found), *(_dial(dial) for dial in found.dials), highlight=False)


def _facts(found: Preview) -> Iterable[str]:
    moment, now = found.moment, found.now
    yield (
        f"{found.symbol}  {found.strategy}  mid {moment.mid}  sigma {moment.sigma:g} bps/√h  "
        f"position {moment.position} ({100 * found.q_hat:.1f} % of the limit)"
    )
    yield (
        f"spread {_bps(now.spread_bps)} bps, wanted {_bps(now.raw_spread_bps)}: {now.clamp.value} "
        f"its clamps ({found.min_spread_bps:g} to {found.max_spread_bps:g}); "
        f"bid {_bps(now.bid_bps)} below fair, ask {_bps(now.ask_bps)} above"
    )
    yield found.feasibility
    yield from (f"warning: {text}" for text in found.warnings)


def _bps(value: float | None) -> str:
    return number(value, 2)


def _ladder(found: Preview) -> Table:
    members = list(found.quotes[0].members)[:_MEMBERS_SHOWN]
    table = Table(padding=(0, 0))
    for name in ("side", "level"):
        table.add_column(name)
    for name in ("price", "bps from mid", "size", "value", *members):
        table.add_column(name, justify="right")
    table.add_column("")
    asks, bids = ([q for q in found.quotes if q.side == side] for side in reversed(BOOK_SIDES))
    for quote in (*reversed(asks), *bids):
        table.add_row(
            *_ladder_cells(quote, members), end_section=(quote.side, quote.level) == ("ask", 0)
        )
    return table


def _ladder_cells(quote: Quoted, members: list[str]) -> list[str]:
    price = NONE if quote.price is None else str(quote.price)
    cells = [quote.side, str(quote.level), price, _bps(quote.distance_bps)]
    cells += [str(quote.size), f"{quote.value:.2f}"]
    return [*cells, *(str(quote.members[name]) for name in members), quote.problem]


def _dial(dial: Dial) -> Table:
    unit = f", {dial.unit}" if dial.unit else ""
    table = Table(
        title=f"{dial.name}{unit}: now {dial.current:g}", title_justify="left", padding=(0, 0)
    )
    for name in (dial.name, "wanted", "quoted", "shift", "bid", "ask"):
        table.add_column(name, justify="right")
    table.add_column("clamps")
    for point in dial.points:
        table.add_row(*_dial_cells(point))
    return table


def _dial_cells(point: Point) -> list[str]:
    numbers = (
        point.raw_spread_bps,
        point.spread_bps,
        point.shift_bps,
        point.bid_bps,
        point.ask_bps,
    )
    return [f"{point.value:.6g}", *map(_bps, numbers), point.clamp.value]
