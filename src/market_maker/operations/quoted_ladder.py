"""The orders that an engine with nothing open would send first, level by level, and why not others.

The engine's own reconciler decides, on accounts and prices of one moment. Its message budget is
left out: what it keeps back follows a moment later.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from market_maker.engine.accounts import Accounts
from market_maker.engine.allocation import largest_remainder
from market_maker.engine.book import Book
from market_maker.engine.ladder import Ladder
from market_maker.engine.orders import OwnOrders, slot_of
from market_maker.engine.reconcile import Reconciler
from market_maker.engine.shares import Part, Room, Share, Shares
from market_maker.engine.terms import terms_of
from market_maker.model.actions import Action, Place
from market_maker.model.client_order_id import OrderNames
from market_maker.model.instrument import Instrument
from market_maker.model.orders import BUY, SELL, SIDES, SIGNS
from market_maker.model.pool import WHOLE_PCT, Member, PoolConfig
from market_maker.model.quotes import QUOTES, Reason
from market_maker.model.units import BPS, VALUE_SCALE, Lots, Nanos, OrderId, ParticipantId
from market_maker.risk.budget import MessageBudget
from market_maker.risk.limits import refuse_order

BOOK_SIDES = ("bid", "ask")
WHOLE_POOL = ParticipantId("the whole pool")
"""Whose the orders are of a pool that has no members yet."""
NO_QUOTE = "no quote"
NAMED_MAX = 3
"""Members that are named; of more there is a number."""
_PLENTY = 1_000_000
"""Messages a second."""


class Quoted(Struct, frozen=True, kw_only=True):
    """One level of one side. distance_bps: from the mid, outwards; None as the price
    is: no quote. lots: of all orders together; members: of each, 0 for no order. problem: why not
    all of them, or none, would be sent; empty when all would."""

    side: str
    level: int
    price: Decimal | None
    distance_bps: float | None
    lots: int
    size: Decimal
    value: Decimal
    members: dict[str, int]
    problem: str


def quoted_ladder(
    instrument: Instrument, config: PoolConfig, ladder: Ladder, mid: Decimal, position: Decimal
) -> tuple[Quoted, ...]:
    """Bids, then asks, the best first. position: base currency, held by the members in proportion
    to their shares."""
    found = _FirstOrders(instrument, config, mid, position)
    return tuple(found.levels(ladder))


class _FirstOrders:
    """The engine's parts at the moment of its first orders."""

    def __init__(
        self, instrument: Instrument, config: PoolConfig, mid: Decimal, position: Decimal
    ) -> None:
        if not config.members:
            config = replace(config, members=(_whole_pool(config),))
        self._instrument, self._mid = instrument, mid
        self._terms = terms_of(instrument, config)
        self._reference_x2 = round(2 * mid / instrument.tick_size)
        self._orders, self._accounts = OwnOrders(), Accounts()
        self._accounts.configure(config.members)
        held = int(position / instrument.lot_size)
        self._accounts.pool.lots = held
        for account, lots in zip(self._accounts.quoting, self._parts(abs(held)), strict=True):
            account.position.lots = lots if held > 0 else -lots
            account.position_value = instrument.tick_lots(account.member.position_limit_usdt)
            account.loss_value = instrument.tick_lots(account.member.max_loss_usdt) * VALUE_SCALE
        names = OrderNames(instrument.symbol)
        self._reconciler = Reconciler(self._orders, self._accounts, names, OrderId(1), book=Book())
        self._reconciler.configure(self._terms, MessageBudget(_PLENTY, 0))
        self._shares = Shares(self._orders, self._accounts)
        self._shares.configure(self._terms)

    def _parts(self, held: int) -> list[int]:
        """How many of the pool's lots each member holds."""
        weights = [
            Fraction(account.member.capital_weight_pct) for account in self._accounts.quoting
        ]
        names = [account.participant_id for account in self._accounts.quoting]
        whole = sum(weights)
        shares = {name: weight / whole for name, weight in zip(names, weights, strict=True)}
        parts = largest_remainder(held, shares) if shares else {}
        return [parts[name] for name in names]

    def levels(self, ladder: Ladder) -> Iterable[Quoted]:
        """Bids, then asks."""
        prices = {
            (side, level): 0 if ladder.silent[side] else price
            for side in (BUY, SELL)
            for level, price in enumerate(ladder.prices[side])
        }
        sent: dict[tuple[int, int], dict[str, int]] = {place: {} for place in prices}
        shares: dict[tuple[int, int], Share] = {}
        if self._accounts.quoting:
            # The splits before any order is out, which are those that the reconciler makes.
            shares = {place: self._share(ladder, *place) for place in prices if prices[place]}
            for order in self._sent(ladder):
                sent[SIDES.index(order.side), order.level][order.member] = order.size
        for place, price in prices.items():
            yield self._level(place, price, shares.get(place), sent[place])

    def _sent(self, ladder: Ladder) -> Iterable[Place]:
        actions: list[Action] = []
        self._reconciler.quote(Nanos(0), ladder, self._reference_x2, actions)
        return (action for action in actions if isinstance(action, Place))

    def _share(self, ladder: Ladder, side: int, level: int) -> Share:
        price = ladder.prices[side][level]
        room = Room(self._reference_x2, self._terms.room_value, Reason.POSITION_LIMIT)
        lots = ladder.lots(side, level, price)
        return self._shares.of(slot_of(0, side, level), price, lots, room)

    def _level(
        self, place: tuple[int, int], ticks: int, share: Share | None, sent: dict[str, int]
    ) -> Quoted:
        (side, level), instrument, mid = place, self._instrument, self._mid
        price = instrument.price(ticks) if ticks else None
        lots = Lots(sum(sent.values()))
        names = [account.participant_id for account in self._accounts.quoting]
        problem = Reason.NO_MEMBERS.value if ticks else NO_QUOTE
        if share is not None:
            problem = self._problem(side, share, sent)
        return Quoted(
            side=BOOK_SIDES[side],
            level=level,
            price=price,
            distance_bps=None if price is None else float(SIGNS[side] * (mid - price) / mid) * BPS,
            lots=lots,
            size=instrument.quantity(lots),
            value=instrument.notional(ticks, lots),
            members={str(name): sent.get(name, 0) for name in names if name != WHOLE_POOL},
            problem=problem,
        )

    def _problem(self, side: int, share: Share, sent: dict[str, int]) -> str:
        """Each reason, with the members that it is of where others have orders."""
        missing: dict[str, list[str]] = {}
        for part in share.parts:
            name = part.account.participant_id
            if name not in sent:
                missing.setdefault(self._why(side, share, part), []).append(name)
        if not sent and len(missing) == 1:
            return next(iter(missing))
        return "; ".join(f"{reason}: {_named(names)}" for reason, names in missing.items())

    def _why(self, side: int, share: Share, part: Part) -> str:
        """Why a member has no order there."""
        limits = self._terms.order_limits
        refused = refuse_order(share.price, part.lots, self._reference_x2, limits)
        of_side = self._reconciler.reasons[side]
        if share.reason is not None:
            return share.reason.value
        if part.lots and refused is not None:
            return refused.value
        if not part.lots:
            number = share.parts.index(part)
            full = share.bounds[number + 1] < share.least <= share.most
            return (Reason.MEMBER_LIMIT if full else share.small).value
        return "" if of_side in QUOTES else of_side.value


def _whole_pool(config: PoolConfig) -> Member:
    most, loss = config.max_pool_position_usdt, config.max_pool_loss_usdt
    return Member(WHOLE_POOL, Decimal(WHOLE_PCT), most, loss)


def _named(names: Sequence[str]) -> str:
    if len(names) > NAMED_MAX:
        return f"{len(names)} members"
    return ", ".join(names)
