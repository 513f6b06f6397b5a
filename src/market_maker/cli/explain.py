"""`market_maker explain`: why a pool quoted what it quoted."""

import os
from collections.abc import Iterator
from typing import Annotated

import typer

from market_maker.cli.audit import DataDir
from market_maker.cli.moments import moment, spoken
from market_maker.engine.snapshot import EngineSnapshot
from market_maker.journaling.journal_files import JOURNAL_FOLDER, segments
from market_maker.journaling.journal_replay import Explanation, Sent, explain
from market_maker.journaling.journal_search import (
    TurnMeant,
    TurnOfFill,
    TurnOfMoment,
    TurnOfOrder,
    moment_of,
)
from market_maker.model.actions import Place
from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.events import Event
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Order, Side
from market_maker.model.quotes import SideStatus
from market_maker.model.units import NANOS_PER_MS, OrderId
from market_maker.settings import settings_of

EVENTS_SHOWN = 12


def command(
    symbol: Annotated[str, typer.Argument(help="Of the pool, as BTCUSDT-PERP.")],
    *,
    at: Annotated[str | None, typer.Option(help="A moment, UTC: 2026-11-20T23:15:00.250Z.")] = None,
    order: Annotated[
        int | None, typer.Option(help="The order_id of an order: the turn that placed it.")
    ] = None,
    fill: Annotated[
        int | None, typer.Option(help="The trade_id of a fill: the turn that took it.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Say what a pool knew at a moment, an order or a fill, what it quoted and why, and what it
    sent. It is worked out from the journal, by the engine itself."""
    meant = _meant(at, order, fill)
    folder = settings_of(os.environ, data_dir).data_dir / JOURNAL_FOLDER
    if not segments(folder, symbol):
        raise NotFoundError("journal", None, f"of {symbol} in {folder}")
    for line in explanation_lines(explain(folder, symbol, moment_of(folder, symbol, meant))):
        typer.echo(line)


def _meant(at: str | None, order: int | None, fill: int | None) -> TurnMeant:
    given: dict[str, TurnMeant] = {}
    if at is not None:
        given["--at"] = TurnOfMoment(moment("--at", at))
    if order is not None:
        given["--order"] = TurnOfOrder(OrderId(order))
    if fill is not None:
        given["--fill"] = TurnOfFill(fill)
    if len(given) != 1:
        wanted = "one of --at MOMENT, --order ID, --fill ID"
        raise InvalidFieldError("explain", " ".join(given) or "nothing", wanted)
    return next(iter(given.values()))


def explanation_lines(found: Explanation) -> Iterator[str]:
    """The explanation, line by line."""
    instrument, then = found.instrument, found.after
    yield f"{then.symbol} at {spoken(found.at)}: {then.state} ({then.state_reason})"
    yield f"config version {then.config_version}, strategy {found.config.strategy}"
    yield ""
    yield from _known(instrument, then)
    yield ""
    yield "quoted"
    for side, status, prices in (
        (Side.BUY, then.bid, found.wanted[0]),
        (Side.SELL, then.ask, found.wanted[1]),
    ):
        yield from _side(instrument, side, status, prices, then.orders)
    yield ""
    yield from _told(found.events)
    yield from _sent(instrument, found.sent)


def _known(instrument: Instrument, then: EngineSnapshot) -> Iterator[str]:
    book = f"{_price(instrument, then.best_bid)} / {_price(instrument, then.best_ask)}"
    detail = f" ({then.book_detail})" if then.book_detail else ""
    fair = f"{then.fair_ticks * float(instrument.tick_size):.10g}" if then.fair_ticks else "unknown"
    samples = "{} of {} samples".format(*then.samples)
    yield "known"
    yield f"  book      {book}, {then.book_age_ns / NANOS_PER_MS:.1f} ms old{detail}"
    yield f"  fair      {fair}"
    yield f"  sigma     {then.sigma_bps:.4g} bps per square root of hour ({samples})"
    yield (
        f"  spread    {then.spread_bps:.4g} bps, shifted by {then.shift_bps:.4g} bps, "
        f"{then.clamp} its bounds"
    )
    yield f"  position  {instrument.quantity(then.position)}"
    for member in then.members:
        held, stopped = instrument.quantity(member.position), member.stopped
        why = f", stopped: {stopped}" if stopped else ""
        yield f"    {member.participant_id}  {held}{why}"


def _side(
    instrument: Instrument,
    side: Side,
    status: SideStatus,
    prices: tuple[int, ...],
    orders: tuple[Order, ...],
) -> Iterator[str]:
    yield f"  {side:<4}  {status.reason}"
    for level, price in enumerate(prices):
        yield f"    level {level}  wants {_price(instrument, price)}"
    for order in orders:
        if order.side is side:
            size = instrument.quantity(order.leaves)
            yield (
                f"    order {order.order_id}  {size} at {_price(instrument, order.price)}  "
                f"level {order.level}  {order.member}  {order.state}"
            )


def _told(events: tuple[Event, ...]) -> Iterator[str]:
    yield f"events of this turn: {len(events)}"
    for event in events[:EVENTS_SHOWN]:
        yield f"  {type(event).__name__}"
    if len(events) > EVENTS_SHOWN:
        yield f"  and {len(events) - EVENTS_SHOWN} more"


def _sent(instrument: Instrument, turns: tuple[Sent, ...]) -> Iterator[str]:
    for turn in turns:
        yield f"sent at {spoken(turn.now)}"
        for order in turn.orders:
            if isinstance(order, Place):
                size, price = instrument.quantity(order.size), _price(instrument, order.price)
                who = f"level {order.level}  {order.member}"
                yield f"  place {order.order_id}  {order.side} {size} at {price}  {who}"
            else:
                yield f"  cancel {order.order_id}"


def _price(instrument: Instrument, ticks: int) -> str:
    return str(instrument.price(ticks)) if ticks else "-"
