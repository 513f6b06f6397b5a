"""`market_maker simulate glft-accuracy` and `... clamps`: quote formulas against printed tables."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from market_maker.cli.table_console import print_prose, table_console
from market_maker.research import clamp_tables
from market_maker.research import glft_accuracy as accuracy_table
from market_maker.research.clamp_tables import DayRow, ShareRow, SpreadRow
from market_maker.research.glft_accuracy import AccuracyRow

_ACCURACY_NOTE = """\
Distances of bid and ask from the reference price, ticks. The closed form is within 0.002 of the \
exact quotes here; Avellaneda-Stoikov freezes the inventory for the whole horizon and leans far \
too much; the Hyperliquid document's formula leans a quarter as much as it should."""

_CLAMP_NOTE = """\
The published simulation is one run of 20 days per market; it does not say how fast volatility \
moves (1 h relaxation here), so shares agree within a few per cent and the largest position, an \
extreme of one run, hardly at all."""


class Clamps(Struct, frozen=True):
    """All tables of `clamps`."""

    spreads: list[SpreadRow]
    shares: list[ShareRow]
    days: list[DayRow]


def glft_accuracy(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Compare exact GLFT quotes with their approximations, on the paper's market."""
    rows = accuracy_table.accuracy()
    if as_json:
        _print_json(rows)
        return
    console = table_console()
    console.print(_accuracy_table(rows))
    print_prose(console, _ACCURACY_NOTE, "dim")


def clamps(
    paths: Annotated[
        int, typer.Option(help="Simulated days per market; the source has 20.")
    ] = clamp_tables.PUBLISHED_PATHS,
    seed: Annotated[int, typer.Option(help="Same seed, same figures.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say how often the documented formula lands inside its clamps, for each reading of its
    units."""
    shares, days = _simulate(paths, seed)
    tables = Clamps(clamp_tables.spreads(), shares, days)
    if as_json:
        _print_json(tables)
        return
    clamps_told(tables, paths, seed)


def clamps_told(tables: Clamps, paths: int, seed: int) -> None:
    """The tables for people."""
    console = table_console()
    console.print(_spread_table(tables.spreads), _share_table(tables.shares, paths, seed))
    console.print(_day_table(tables.days))
    print_prose(console, _CLAMP_NOTE, "dim")


def _print_json(value: object) -> None:
    print(msgspec.json.format(msgspec.json.encode(value)).decode())


def _simulate(paths: int, seed: int) -> tuple[list[ShareRow], list[DayRow]]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("simulating", total=len(clamp_tables.MARKETS) * paths)
        return clamp_tables.simulate(paths, seed, lambda done: progress.advance(task, done))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", padding=(0, 0))
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place < 2 else "right")  # noqa: PLR2004  # two keys
    return table


def _accuracy_table(rows: Sequence[AccuracyRow]) -> Table:
    title = (
        "Gueant, Lehalle & Fernandez-Tapia: bid / ask distance, ticks\n"
        "sigma 0.3, A 0.9, k 0.3, gamma 0.01, 600 s to the end, at most 30 lots"
    )
    table = _table(title, "lots", "formula", "published", "obtained", "apart")
    for i, row in enumerate(rows):
        table.add_row(
            str(row.lots),
            row.formula,
            f"{row.published_bid:g} / {row.published_ask:g}",
            f"{row.bid:.4f} / {row.ask:.4f}",
            f"{row.apart:.5f}",
            end_section=i + 1 == len(rows) or rows[i + 1].lots != row.lots,
        )
    return table


def _spread_table(rows: Sequence[SpreadRow]) -> Table:
    title = "Raw total spread (shift at a full position), bps, against sigma / sigma_ref"
    table = _table(title, "market", "ratio", "published", "obtained", "after the clamps")
    for i, row in enumerate(rows):
        shift = "" if row.published_shift is None else f" ({row.published_shift:g})"
        table.add_row(
            row.market,
            f"{row.sigma_ratio:g}",
            f"{row.published_spread:g}{shift}",
            f"{row.spread:.2f} ({row.shift:.2f})",
            f"{row.quoted:.2f}",
            end_section=i + 1 == len(rows) or rows[i + 1].market != row.market,
        )
    return table


def _share_table(rows: Sequence[ShareRow], paths: int, seed: int) -> Table:
    title = (
        "Share of 24 hours inside the clamps / at the ceiling, per cent\n"
        f"{paths} days for each market, seed {seed}"
    )
    table = _table(title, "market", "reading", "published", "obtained")
    for i, row in enumerate(rows):
        table.add_row(
            row.market,
            row.reading,
            f"{row.published_inside:g} / {row.published_ceiling:g}",
            f"{row.inside:.1f} / {row.ceiling:.1f}",
            end_section=i + 1 == len(rows) or rows[i + 1].market != row.market,
        )
    return table


def _day_table(rows: Sequence[DayRow]) -> Table:
    title = "NBH over the day: spread in bps, position as a share of the limit"
    table = _table(title, "market", "quantity", "published", "obtained")
    for i, row in enumerate(rows):
        table.add_row(
            row.market,
            row.quantity,
            f"{row.published:g}",
            f"{row.obtained:.3f}",
            end_section=i + 1 == len(rows) or rows[i + 1].market != row.market,
        )
    return table
