"""What a run came to, exact, with the checks that it adds up."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from market_maker.engine.snapshot import Counters, EngineSnapshot, MemberSnapshot
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos, ParticipantId, Value
from market_maker.service.tally import Tally


class Money(Struct, frozen=True):
    """PnL in quote currency, exact. net = realised + unrealised - fees + funding; a rebate is a
    fee below 0."""

    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    funding: Decimal
    net: Decimal


class MemberSummary(Struct, frozen=True):
    """One member's part. volume: quote currency; position: base currency."""

    participant_id: ParticipantId
    weight_pct: Decimal
    fills: int
    volume: Decimal
    position: Decimal
    pnl: Money


class Checks(Struct, frozen=True):
    """Whether it adds up: members to the pool, fills to positions, and we to the venue."""

    members_sum_to_pool: bool
    fills_sum_to_positions: bool
    venue_has_our_positions: bool

    @property
    def all_hold(self) -> bool:
        """Whether nothing is wrong."""
        fills, venue = self.fills_sum_to_positions, self.venue_has_our_positions
        return self.members_sum_to_pool and fills and venue


class Summary(Struct, frozen=True):
    """A whole run. quoting_uptime: share of the time ACTIVE with both sides on the book;
    reasons: share of that time by side and reason. open_orders: the venue's count at the end,
    None when it did not answer. failure: why the engine broke, None when it did not. seed: of
    the market."""

    symbol: str
    seed: int
    duration_s: float
    turns: int
    fills: int
    volume: Decimal
    position: Decimal
    max_abs_position: Decimal
    pnl: Money
    members: tuple[MemberSummary, ...]
    orders_placed: int
    orders_cancelled: int
    rejects: int
    post_only_rejects: int
    quoting_uptime: float
    reasons: dict[str, dict[str, float]]
    state: PoolState
    state_reason: str
    open_orders: int | None
    failure: str | None
    checks: Checks

    @property
    def clean(self) -> bool:
        """Whether the run ended as it should: nothing broke, nothing is left, it adds up."""
        return self.failure is None and self.open_orders == 0 and self.checks.all_hold


class Ending(Struct, frozen=True):
    """What is known only at the end. positions: the venue's, lots by member."""

    seed: int
    elapsed: Nanos
    positions: Mapping[ParticipantId, int]
    open_orders: int | None
    failure: str | None


def summarise(
    instrument: Instrument, engine: EngineSnapshot, tally: Tally, ending: Ending
) -> Summary:
    """Put a run together. The pool's PnL columns are the sums of its members' columns."""
    counters: Counters = engine.counters
    return Summary(
        symbol=engine.symbol,
        seed=ending.seed,
        duration_s=ending.elapsed / NANOS_PER_SECOND,
        turns=counters.turns,
        fills=tally.fills.total(),
        volume=instrument.notional(1, tally.volume.total()),
        position=instrument.quantity(engine.position),
        max_abs_position=instrument.quantity(tally.worst_position),
        pnl=pool_money(instrument, engine),
        members=tuple(_member(instrument, member, tally) for member in engine.members),
        orders_placed=counters.placed,
        orders_cancelled=counters.cancels,
        rejects=counters.rejects,
        post_only_rejects=counters.post_only_rejects,
        quoting_uptime=_share(tally.quoting, tally.active),
        reasons={name: _reasons(tally, side) for name, side in _SIDES},
        state=engine.state,
        state_reason=engine.state_reason,
        open_orders=ending.open_orders,
        failure=ending.failure,
        checks=_checks(engine, tally, ending),
    )


_SIDES = (("bid", Side.BUY), ("ask", Side.SELL))


def _share(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


def _reasons(tally: Tally, side: Side) -> dict[str, float]:
    return {
        reason: _share(span, tally.active)
        for (where, reason), span in tally.reasons.most_common()
        if where is side and span
    }


def _member(instrument: Instrument, member: MemberSnapshot, tally: Tally) -> MemberSummary:
    name = member.participant_id
    return MemberSummary(
        participant_id=name,
        weight_pct=Decimal(member.weight_pct),
        fills=tally.fills[name],
        volume=instrument.notional(1, tally.volume[name]),
        position=instrument.quantity(member.position),
        pnl=member_money(instrument, member),
    )


def member_money(instrument: Instrument, member: MemberSnapshot) -> Money:
    """A member's PnL."""
    return Money(
        instrument.money(member.realised),
        instrument.money(member.unrealised),
        instrument.money(member.fees),
        instrument.money(member.funding),
        instrument.money(member.net),
    )


def pool_money(instrument: Instrument, engine: EngineSnapshot) -> Money:
    """The pool's PnL as the sum of its members', column by column. What is realised depends on
    who closes what, so the columns of the pool's own average cost would be others; the net is
    the same."""
    members = engine.members
    return Money(
        instrument.money(Value(sum(member.realised for member in members))),
        instrument.money(Value(sum(member.unrealised for member in members))),
        instrument.money(Value(sum(member.fees for member in members))),
        instrument.money(Value(sum(member.funding for member in members))),
        instrument.money(Value(sum(member.net for member in members))),
    )


def _checks(engine: EngineSnapshot, tally: Tally, ending: Ending) -> Checks:
    members = engine.members
    return Checks(
        members_sum_to_pool=sum(m.position for m in members) == engine.position
        and sum(m.net for m in members) == engine.net,
        fills_sum_to_positions=all(m.position == tally.bought[m.participant_id] for m in members),
        venue_has_our_positions=all(
            m.position == ending.positions[m.participant_id] for m in members
        ),
    )
