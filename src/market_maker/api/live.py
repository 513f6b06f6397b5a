"""A pool's live status, with its members also while no engine knows them."""

from decimal import Decimal

from msgspec import Struct

from market_maker.service.desk import Desk
from market_maker.service.views import (
    MembershipState,
    MemberStatusView,
    MemberView,
    MoneyView,
    PoolStatusView,
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


async def live(desk: Desk, status: PoolStatusView) -> PoolLive:
    """`status` with its members: the engine's, or those that are stored."""
    if status.engine is not None:
        return PoolLive(status, tuple(_running(member) for member in status.engine.members))
    stored = await desk.members.of_pool(status.symbol)
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
