"""Orders on their way out: everything that is asked for in one turn leaves in few actions.

Cancels go first (`withdrawals`), marked as fast; then all new orders, post-only, with a time after
which the venue does nothing with them: an order that was not reported by then is proved
dead. What may not be sent for now is refused here: a cap that stands is not asked about
again and again.
"""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from market_maker.model.actions import Place
from market_maker.model.events import WAIT_AND_RETRY, RejectReason
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos, OrderId
from market_maker.venues.hyperliquid.accounts import TradingAccount
from market_maker.venues.hyperliquid.actions import (
    OrderWire,
    PlaceOrders,
    limit_order,
)
from market_maker.venues.hyperliquid.client import Delivered, Delivery
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.exchange_wire import (
    FilledAtOnce,
    Refusal,
    Refused,
    Resting,
    Status,
    refusal_of,
)
from market_maker.venues.hyperliquid.grid import WireGrid
from market_maker.venues.hyperliquid.withdrawals import batches, statuses

EXPIRES_AFTER = Nanos(5 * NANOS_PER_SECOND)
"""A new order that arrives later than this after it was sent does nothing."""

HOLD_OFF = Nanos(2 * NANOS_PER_SECOND)
HOLD_OFF_MAX = Nanos(30 * NANOS_PER_SECOND)
"""After a refusal that the next order would meet too, none is sent on that side for so long, and
twice as long after each further one."""

REASONS = {
    Refusal.POST_ONLY: RejectReason.POST_ONLY,
    Refusal.REDUCE_ONLY: RejectReason.REDUCE_ONLY,
    Refusal.MIN_NOTIONAL: RejectReason.MIN_NOTIONAL,
    Refusal.INVALID: RejectReason.INVALID,
    Refusal.MARGIN: RejectReason.MARGIN,
    Refusal.OPEN_INTEREST: RejectReason.OPEN_INTEREST,
    Refusal.ORACLE_DISTANCE: RejectReason.PRICE_DISTANCE,
    Refusal.POSITION_LIMIT: RejectReason.POSITION_LIMIT,
    Refusal.QUOTA: RejectReason.QUOTA,
    Refusal.PAUSED: RejectReason.PAUSED,
    Refusal.EXPIRED: RejectReason.EXPIRED,
}
"""The reason an engine gets for a refusal; OTHER for all that are not listed."""

_HELD_OFF = frozenset(
    {
        RejectReason.MARGIN,
        RejectReason.OPEN_INTEREST,
        RejectReason.POSITION_LIMIT,
        RejectReason.PAUSED,
        RejectReason.EXPIRED,
    }
)


class Outgoing(Struct, frozen=True):
    """A new order with its names."""

    order: Place
    account: TradingAccount
    cloid: str


class Answers(Struct, frozen=True):
    """Where answers go: an order that rests or was filled at once, with the venue's number; one
    that was refused; one of which nothing is known; and the same of cancels."""

    rests: Callable[[Outgoing, int], None]
    rejected: Callable[[OrderId, RejectReason], None]
    unknown: Callable[[OrderId], None]
    withdrawn: Callable[[OrderId], None]
    gone: Callable[[OrderId], None]


class Hold(Struct):
    """Why nothing is sent on one side of one account, until when, and how often in a row."""

    reason: RejectReason
    until: Nanos
    times: int


class OrderDesk:
    """Of one market. expiring: by order, when it is dead if the venue has not reported it."""

    def __init__(
        self, connection: HyperliquidConnection, grid: WireGrid, asset: int, answers: Answers
    ) -> None:
        self._connection, self._grid, self._asset = connection, grid, asset
        self._answers = answers
        self._holds: dict[tuple[str, Side], Hold] = {}

    def refusal(self, now: Nanos, new: Outgoing) -> RejectReason | None:
        """Why this order is not to be sent now; None when it may be. The venue refused one like it,
        and did not refuse this one: what would count as its refusal is HELD_BACK."""
        hold = self._holds.get((new.account.address, new.order.side))
        if hold is not None and now < hold.until and not new.order.reduce_only:
            waits = hold.reason in WAIT_AND_RETRY
            return hold.reason if waits else RejectReason.HELD_BACK
        if not self._connection.quota(new.account).may_place(now, 1):
            return RejectReason.QUOTA
        return None

    async def place(self, news: Iterable[Outgoing]) -> None:
        """Send new orders of one account."""
        for batch in batches(list(news)):
            await self._place(batch)

    async def _place(self, batch: Sequence[Outgoing]) -> None:
        connection = self._connection
        expires_at = Nanos(connection.clock.now() + EXPIRES_AFTER)
        action = PlaceOrders(tuple(map(self._wire, batch)), "na")
        delivered = await connection.act(
            batch[0].account, action, len(batch), expires_at=expires_at
        )
        for new, status in zip(batch, statuses(delivered, len(batch)), strict=True):
            self._placed(new, status, delivered)

    def _wire(self, new: Outgoing) -> OrderWire:
        order = new.order
        return limit_order(
            self._asset,
            buy=order.side is Side.BUY,
            price=self._grid.price_text(order.price),
            size=self._grid.size_text(order.size),
            reduce_only=order.reduce_only,
            cloid=new.cloid,
        )

    def _placed(self, new: Outgoing, status: Status | None, delivered: Delivered) -> None:
        order_id = new.order.order_id
        match status:
            case Resting(oid=oid) | FilledAtOnce(oid=oid):
                self._holds.pop((new.account.address, new.order.side), None)
                self._answers.rests(new, oid)
            case Refused(text=text):
                reason = REASONS.get(refusal_of(text), RejectReason.OTHER)
                self._hold_off(new, reason)
                self._answers.rejected(order_id, reason)
            case _:
                match delivered.delivery:
                    case Delivery.LIMITED:
                        self._answers.rejected(order_id, RejectReason.RATE_LIMIT)
                    case Delivery.HELD:
                        self._answers.rejected(order_id, RejectReason.HELD_BACK)
                    case Delivery.REFUSED:
                        self._answers.rejected(order_id, RejectReason.OTHER)
                    case _:
                        self._answers.unknown(order_id)

    def _hold_off(self, new: Outgoing, reason: RejectReason) -> None:
        if reason not in _HELD_OFF:
            return
        now = self._connection.clock.now()
        key = (new.account.address, new.order.side)
        before = self._holds.get(key)
        if before is not None and now < before.until:
            # Another order of the same batch.
            return
        times = before.times + 1 if before else 0
        span = min(HOLD_OFF_MAX, HOLD_OFF * 2 ** min(times, 10))
        self._holds[key] = Hold(reason, Nanos(now + span), times)
