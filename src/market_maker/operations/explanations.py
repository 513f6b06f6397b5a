"""Why a pool quoted what it quoted, in people's units: a turn of the journal, read again."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.journaling.journal_replay import Explanation, Sent, explain
from market_maker.journaling.journal_search import TurnMeant, moment_of
from market_maker.model.actions import Cancel, Place
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Order, Side
from market_maker.model.quotes import Clamp, SideStatus
from market_maker.model.units import NANOS_PER_MS, Nanos, OrderId, ParticipantId
from market_maker.operations.limit_words import limit_of
from market_maker.operations.presenting import present
from market_maker.operations.status import open_order
from market_maker.operations.views import OpenOrderView


class ExplainedMember(Struct, frozen=True, kw_only=True):
    """One member then. stopped: why it had no orders, empty when it had."""

    participant_id: ParticipantId
    position: Decimal
    stopped: str


class ExplainedKnown(Struct, frozen=True, kw_only=True):
    """What the engine knew. clamp: which bound of the spread bound; sigma_bps: per square root of
    hour; samples: seen of wanted."""

    best_bid: Decimal | None
    best_ask: Decimal | None
    book_age_ms: float
    book_detail: str
    mid: Decimal | None
    fair: float | None
    fair_source: str
    sigma_bps: float
    samples_seen: int
    samples_wanted: int
    spread_bps: float
    shift_bps: float
    clamp: Clamp
    spread_floor_bps: float
    position: Decimal
    members: tuple[ExplainedMember, ...]


class ExplainedSide(Struct, frozen=True, kw_only=True):
    """One side. limit: the limits that the reason is about, with their values of then; wanted:
    prices by level, best first, null where none; orders: what may be open."""

    quoting: bool
    reason: str
    limit: str
    wanted: tuple[Decimal | None, ...]
    orders: tuple[OpenOrderView, ...]


class ExplainedAction(Struct, frozen=True, kw_only=True):
    """Something that was sent. action: place or cancel; of a cancel only the order is known."""

    action: str
    order_id: OrderId
    participant_id: ParticipantId | None
    side: Side | None
    level: int | None
    price: Decimal | None
    size: Decimal | None


class ExplainedSent(Struct, frozen=True, kw_only=True):
    """What one turn sent."""

    ts: Nanos
    actions: tuple[ExplainedAction, ...]


class ExplainedEvents(Struct, frozen=True, kw_only=True):
    """How many events of a kind the turn received."""

    kind: str
    count: int


class ExplanationView(Struct, frozen=True, kw_only=True):
    """The last turn until the moment that was asked for, or that of the order or the fill. at: of
    it; a nanosecond less asks for the turn before it. before: the state before the turn. sent: by
    it and the turns before it, newest first."""

    symbol: str
    at: Nanos
    state: str
    reason: str
    before: str
    config_version: int
    strategy: str
    known: ExplainedKnown
    bid: ExplainedSide
    ask: ExplainedSide
    events: tuple[ExplainedEvents, ...]
    sent: tuple[ExplainedSent, ...]


def explained(folder: Path, symbol: str, meant: TurnMeant) -> ExplanationView:
    """From the journals in `folder`. Raises as `moment_of` and `journal_replay.explain`."""
    return explanation_view(explain(folder, symbol, moment_of(folder, symbol, meant)))


def explanation_view(found: Explanation) -> ExplanationView:
    """An explanation in people's units."""
    then, instrument = found.after, found.instrument
    kinds = Counter(type(event).__name__ for event in found.events)
    return ExplanationView(
        symbol=then.symbol,
        at=found.at,
        state=str(then.state),
        reason=then.state_reason,
        before=str(found.before.state),
        config_version=then.config_version,
        strategy=found.config.strategy,
        known=_known(instrument, then),
        bid=_side(found, then.bid, found.wanted[0], _of(then.orders, Side.BUY)),
        ask=_side(found, then.ask, found.wanted[1], _of(then.orders, Side.SELL)),
        events=tuple(ExplainedEvents(kind=kind, count=count) for kind, count in kinds.items()),
        sent=tuple(_sent(instrument, turn) for turn in found.sent),
    )


def _known(instrument: Instrument, then: EngineSnapshot) -> ExplainedKnown:
    seen, wanted = then.samples
    members = tuple(
        ExplainedMember(
            participant_id=member.participant_id,
            position=instrument.quantity(member.position),
            stopped=member.stopped,
        )
        for member in then.members
    )
    return present(
        ExplainedKnown,
        then,
        instrument,
        best_bid=_price(instrument, then.best_bid),
        best_ask=_price(instrument, then.best_ask),
        book_age_ms=then.book_age_ns / NANOS_PER_MS,
        mid=instrument.price(then.mid_x2) / 2 if then.mid_x2 else None,
        fair=then.fair_ticks * float(instrument.tick_size) if then.fair_ticks else None,
        samples_seen=seen,
        samples_wanted=wanted,
        members=members,
    )


def _of(orders: Iterable[Order], side: Side) -> tuple[Order, ...]:
    return tuple(order for order in orders if order.side is side)


def _side(
    found: Explanation, status: SideStatus, wanted: tuple[int, ...], orders: tuple[Order, ...]
) -> ExplainedSide:
    instrument = found.instrument
    return ExplainedSide(
        quoting=status.quoting,
        reason=str(status.reason.value),
        limit=limit_of(status.reason, instrument, found.config),
        wanted=tuple(_price(instrument, price) for price in wanted),
        orders=tuple(open_order(instrument, order) for order in orders),
    )


def _sent(instrument: Instrument, turn: Sent) -> ExplainedSent:
    actions = tuple(_action(instrument, each) for each in turn.orders)
    return ExplainedSent(ts=turn.now, actions=actions)


def _action(instrument: Instrument, sent: Place | Cancel) -> ExplainedAction:
    placed = isinstance(sent, Place)
    return ExplainedAction(
        action="place" if placed else "cancel",
        order_id=sent.order_id,
        participant_id=sent.member if isinstance(sent, Place) else None,
        side=sent.side if isinstance(sent, Place) else None,
        level=sent.level if isinstance(sent, Place) else None,
        price=instrument.price(sent.price) if isinstance(sent, Place) else None,
        size=instrument.quantity(sent.size) if isinstance(sent, Place) else None,
    )


def _price(instrument: Instrument, ticks: int) -> Decimal | None:
    return instrument.price(ticks) if ticks else None
