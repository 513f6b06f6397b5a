"""Live states as they are answered: one pool in full, with its members also while no engine knows
them, and all pools in a line each."""

from decimal import Decimal

from msgspec import Struct

from market_maker.application import Application
from market_maker.model.units import Nanos
from market_maker.operations.views import (
    MembershipState,
    MemberStatusView,
    MemberView,
    MoneyView,
    PoolStatus,
    PoolStatusView,
    SummaryView,
)

NO_ENGINE = "no engine"


class MemberLive(Struct, frozen=True, kw_only=True):
    """One member. active: may have orders; stopped: why it has none; null: not known without an
    engine. position: base currency, position_usdt: at the mid, average_price: quote currency."""

    participant_id: str
    capital_weight_pct: Decimal
    active: bool
    stopped: str
    position: Decimal | None
    position_usdt: Decimal | None
    average_price: float | None
    pnl: MoneyView | None
    open_orders: int | None
    unknown_orders: int | None


class PoolLive(Struct, frozen=True):
    """A pool, live. What only an engine knows is null while there is none."""

    status: PoolStatusView
    members: tuple[MemberLive, ...]


class PoolGlance(Struct, frozen=True, kw_only=True):
    """A pool in one line. reason: why it is in its state, since when and by whom. Unknown without
    an engine: null."""

    symbol: str
    state: PoolStatus
    reason: str
    by: str
    since: Nanos | None
    config_version: int
    active_members: int
    quoting: bool
    open_orders: int
    unknown_orders: int
    cancel_unconfirmed: bool
    review_needed: bool
    failure: str | None
    deleted: bool
    net_position_usdt: Decimal | None
    net_pnl_usdt: Decimal | None


class Glance(Struct, frozen=True, kw_only=True):
    """All pools at a glance. counts: pools by state. Totals cover live engines, those of deleted
    pools with a position too; net_position_usdt: the sum of pool positions at the mid, longs less
    shorts; gross_position_usdt: of their absolute values."""

    shadow_mode: bool
    counts: dict[str, int]
    open_orders: int
    unknown_orders: int
    net_position_usdt: Decimal
    gross_position_usdt: Decimal
    net_pnl_usdt: Decimal
    loop_lag_ms: float
    pools: tuple[PoolGlance, ...]


def glance(summary: SummaryView) -> Glance:
    """`summary` without the details of its pools."""
    fields = {name: getattr(summary, name) for name in Glance.__struct_fields__}
    return Glance(**fields | {"pools": tuple(_in_one_line(pool) for pool in summary.pools)})


def _in_one_line(status: PoolStatusView) -> PoolGlance:
    names = [name for name in PoolGlance.__struct_fields__ if hasattr(status, name)]
    engine = status.engine
    return PoolGlance(
        **{name: getattr(status, name) for name in names},
        net_position_usdt=None if engine is None else engine.net_position_usdt,
        net_pnl_usdt=None if engine is None else engine.pnl.net,
    )


async def live(application: Application, status: PoolStatusView) -> PoolLive:
    """`status` with its members: the engine's, or those that are stored."""
    if status.engine is not None or status.deleted:
        running = () if status.engine is None else status.engine.members
        return PoolLive(status, tuple(_running(member) for member in running))
    stored = await application.members.of_pool(status.symbol)
    return PoolLive(
        status,
        tuple(_resting(each) for each in stored if each.state is not MembershipState.REMOVED),
    )


def _running(member: MemberStatusView) -> MemberLive:
    return MemberLive(**{name: getattr(member, name) for name in MemberLive.__struct_fields__})


def _resting(member: MemberView) -> MemberLive:
    return MemberLive(
        participant_id=member.participant_id,
        capital_weight_pct=member.capital_weight_pct,
        active=member.state is MembershipState.ACTIVE,
        stopped=NO_ENGINE,
        position=None,
        position_usdt=None,
        average_price=None,
        pnl=None,
        open_orders=None,
        unknown_orders=None,
    )
