"""Price-time matching of one symbol, in integers and without a clock of its own.

The rules, which `tests/simulation/naive_exchange.py` implements a second time:

1.  Checks of a new order, in this order: INVALID (price or size not above 0), OTHER (the order
    id is open already in this account), REDUCE_ONLY (reduce-only and its account holds no
    position on the other side), MIN_NOTIONAL (price x size too small; reduce-only orders are
    exempt), POST_ONLY (post-only, and its price meets the best of the other side, also an
    order of the same account). A refusal changes nothing.
2.  An order that passes is reported accepted. It trades with the best price first, at one price
    with the oldest order first, at the resting order's price.
3.  An account never trades with itself: the resting order is cancelled and the taker goes on. So
    it is with a resting order whose account cannot carry the trade, where that is asked.
4.  A trade is bounded by what is open of both orders and, for a reduce-only order, by the
    position it reduces, so it can bring the position to zero and never beyond. It is reported to
    the maker and then to the taker. Fee of each: price x size x its rate, exact (a Value).
5.  After each trade the resting reduce-only orders of the maker's account, then of the taker's,
    are cancelled, oldest first, where they have nothing left to reduce. The taker's own order
    goes on while it has something to reduce.
6.  What is left of an IOC order, or of a reduce-only order that has nothing left to reduce, is
    cancelled; what is left of any other rests behind the orders at its price. A resting
    reduce-only order shows its full size, also where rule 4 would let less of it trade.
"""

import hashlib
import math

from market_maker.model.events import Levels, RejectReason
from market_maker.model.instrument import FeeSchedule, Instrument
from market_maker.model.orders import Side
from market_maker.model.units import Lots, Ticks, Value
from market_maker.sandbox.book import AccountState, BookSide, RestingOrder
from market_maker.sandbox.reports import (
    AccountName,
    CancelOrder,
    CancelReason,
    CancelRefused,
    Carries,
    CountedLevel,
    MatchOutcome,
    NewOrder,
    OpenOrder,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderKind,
    OrderRejected,
    OrderRequest,
    PublicTrade,
    Report,
)


class _Log:
    """What one request has done so far. touched: per side, the total that each price touched
    had before."""

    __slots__ = ("reports", "touched", "trades")

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.trades: list[PublicTrade] = []
        self.touched: dict[Side, dict[Ticks, Lots]] = {Side.BUY: {}, Side.SELL: {}}


class Matching:
    """The book, the positions and the fees of one symbol. Trades are numbered from
    first_trade_id. carries: None where every account can carry everything."""

    def __init__(
        self,
        instrument: Instrument,
        fees: FeeSchedule,
        first_trade_id: int = 1,
        carries: Carries | None = None,
    ) -> None:
        self._carries = carries
        lot_value = instrument.tick_size * instrument.lot_size
        self._min_tick_lots = math.ceil(instrument.min_notional / lot_value)
        self._maker_rate = fees.maker_rate
        self._taker_rate = fees.taker_rate
        self._sides = {side: BookSide(side) for side in Side}
        self._accounts: dict[AccountName, AccountState] = {}
        self._next_trade_id = first_trade_id

    # requests

    def apply(self, request: OrderRequest) -> MatchOutcome:
        """Do what `request` asks."""
        if isinstance(request, NewOrder):
            return self.submit(request)
        return self.cancel(request)

    def submit(self, new: NewOrder) -> MatchOutcome:
        """Accept or refuse `new`, trade it, rest what is left."""
        account = self._account(new.account)
        refusal = self._refusal(new, account)
        if refusal is not None:
            return MatchOutcome(
                (OrderRejected(new.account, new.order_id, refusal, new.client_order_id),)
            )
        log = _Log()
        log.reports.append(OrderAccepted(new.account, new.order_id, new.client_order_id))
        leaves = self._take(new, account, log)
        if leaves:
            self._settle_rest(new, account, leaves, log)
        return self._outcome(log)

    def cancel(self, request: CancelOrder) -> MatchOutcome:
        """Take an open order off the book."""
        account = self._account(request.account)
        order = account.orders.get(request.order_id)
        if order is None:
            return MatchOutcome((CancelRefused(request.account, request.order_id),))
        log = _Log()
        self._remove(order, CancelReason.REQUESTED, log)
        return self._outcome(log)

    def endow(self, account: AccountName, lots: Lots) -> None:
        """Add to the position of `account` what it is known to hold from before."""
        self._account(account).position += int(lots)

    # questions

    def position(self, account: AccountName) -> Lots:
        """Signed lots of `account`."""
        state = self._accounts.get(account)
        return Lots(state.position if state else 0)

    def fees(self, account: AccountName) -> Value:
        """Fees paid by `account` so far; below 0 where rebates outweigh."""
        state = self._accounts.get(account)
        return Value(state.fees if state else 0)

    def accounts(self) -> tuple[AccountName, ...]:
        """All accounts that ever sent a request, the earliest first."""
        return tuple(self._accounts)

    def open_orders(self, account: AccountName) -> tuple[OpenOrder, ...]:
        """Orders of `account` on the book, the oldest first."""
        state = self._accounts.get(account)
        return tuple(order.shown() for order in state.orders.values()) if state else ()

    def best(self, side: Side) -> Ticks | None:
        """The best price of `side`."""
        return self._sides[side].best()

    def depth(self, side: Side, levels: int) -> Levels:
        """At most `levels` levels of `side`, the best first."""
        return tuple(self._sides[side].depth(levels))

    def levels(self, side: Side, most: int) -> tuple[CountedLevel, ...]:
        """At most `most` levels of `side`, the best first, with their numbers of orders."""
        return tuple(self._sides[side].counted(most))

    def resting(self, side: Side) -> tuple[OpenOrder, ...]:
        """All orders of `side` in the order in which they would trade."""
        return tuple(order.shown() for order in self._sides[side].orders())

    def state_hash(self) -> str:
        """32 hex digits of blake2b over (bids, asks, accounts, next trade id) as Python writes
        tuples. An order is (account, order_id, price, size, leaves, reduce_only), in the order of
        trading; an account with a position or fees is (name, position, fees), by name."""
        sides = tuple(tuple(map(_canonical, self._sides[side].orders())) for side in Side)
        accounts = tuple(
            (state.name, state.position, state.fees)
            for _, state in sorted(self._accounts.items())
            if state.position or state.fees
        )
        text = repr((*sides, accounts, self._next_trade_id))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    # the rules

    def _refusal(self, new: NewOrder, account: AccountState) -> RejectReason | None:
        if new.price <= 0 or new.size <= 0:
            return RejectReason.INVALID
        if new.order_id in account.orders:
            return RejectReason.OTHER
        if new.reduce_only:
            if not account.reducible(new.side):
                return RejectReason.REDUCE_ONLY
        elif new.price * new.size < self._min_tick_lots:
            return RejectReason.MIN_NOTIONAL
        meets = self._sides[new.side.other].first(new.price) is not None
        return RejectReason.POST_ONLY if meets and new.kind is OrderKind.POST_ONLY else None

    def _take(self, new: NewOrder, account: AccountState, log: _Log) -> int:
        """Trade `new` with what it crosses; returns the lots that are left."""
        other_side = self._sides[new.side.other]
        leaves: int = new.size
        while leaves:
            maker = other_side.first(new.price)
            if maker is None:
                break
            if maker.account is account:
                self._remove(maker, CancelReason.SELF_TRADE, log)
                continue
            lots = min(leaves, maker.leaves)
            if maker.reduce_only:
                lots = min(lots, maker.account.reducible(maker.side))
            if new.reduce_only:
                lots = min(lots, account.reducible(new.side))
                if lots == 0:
                    break
            if self._carries is not None and not self._carried(maker, lots):
                self._remove(maker, CancelReason.MARGIN, log)
                continue
            leaves -= lots
            self._trade(new, account, maker, lots, log)
        return leaves

    def _carried(self, maker: RestingOrder, lots: int) -> bool:
        assert self._carries is not None
        name, held = maker.account.name, maker.account.position
        return self._carries(name, held, maker.price, lots * maker.side.sign)

    def _trade(
        self, new: NewOrder, account: AccountState, maker: RestingOrder, lots: int, log: _Log
    ) -> None:
        trade_id, self._next_trade_id = self._next_trade_id, self._next_trade_id + 1
        tick_lots, signed = maker.price * lots, lots * new.side.sign
        self._touch(maker.side, maker.price, log).fill(maker, lots)
        other = maker.account
        maker_fee = other.book(-signed, tick_lots * self._maker_rate)
        taker_fee = account.book(signed, tick_lots * self._taker_rate)
        size = Lots(lots)
        traded = (trade_id, maker.price, size)
        log.reports += (
            _half(maker, other.name, traded, maker_fee, maker=True),
            _half(new, new.account, traded, taker_fee, maker=False),
        )
        log.trades.append(PublicTrade(trade_id, maker.price, size, new.side))
        if maker.leaves == 0:
            self._forget(maker)
        self._uphold_reduce_only(other, log)
        self._uphold_reduce_only(account, log)

    def _uphold_reduce_only(self, account: AccountState, log: _Log) -> None:
        if not account.reduce_only:
            return
        for order in list(account.reduce_only.values()):
            if not account.reducible(order.side):
                self._remove(order, CancelReason.REDUCE_ONLY, log)

    def _settle_rest(self, new: NewOrder, account: AccountState, leaves: int, log: _Log) -> None:
        if new.kind is OrderKind.IOC or (new.reduce_only and not account.reducible(new.side)):
            ioc = new.kind is OrderKind.IOC
            reason = CancelReason.IOC if ioc else CancelReason.REDUCE_ONLY
            gone = (new.account, new.order_id, Lots(leaves), reason, new.client_order_id)
            log.reports.append(OrderCanceled(*gone))
            return
        order = RestingOrder(account, new.order_id, new.side, new.price)
        order.size, order.leaves, order.reduce_only = new.size, leaves, new.reduce_only
        order.client_order_id = new.client_order_id
        account.orders[new.order_id] = order
        if new.reduce_only:
            account.reduce_only[new.order_id] = order
        self._touch(new.side, new.price, log).add(order)

    def _remove(self, order: RestingOrder, reason: CancelReason, log: _Log) -> None:
        self._touch(order.side, order.price, log).remove(order)
        self._forget(order)
        gone = (order.account.name, order.order_id, Lots(order.leaves), reason)
        log.reports.append(OrderCanceled(*gone, order.client_order_id))

    # bookkeeping

    def _touch(self, side: Side, price: Ticks, log: _Log) -> BookSide:
        book = self._sides[side]
        touched = log.touched[side]
        if price not in touched:
            touched[price] = book.total(price)
        return book

    @staticmethod
    def _forget(order: RestingOrder) -> None:
        del order.account.orders[order.order_id]
        if order.reduce_only:
            del order.account.reduce_only[order.order_id]

    def _account(self, name: AccountName) -> AccountState:
        state = self._accounts.get(name)
        if state is None:
            state = self._accounts[name] = AccountState(name)
        return state

    def _outcome(self, log: _Log) -> MatchOutcome:
        return MatchOutcome(
            tuple(log.reports),
            tuple(log.trades),
            self._changes(Side.BUY, log.touched[Side.BUY]),
            self._changes(Side.SELL, log.touched[Side.SELL]),
        )

    def _changes(self, side: Side, touched: dict[Ticks, Lots]) -> Levels:
        book = self._sides[side]
        now = ((price, book.total(price)) for price in sorted(touched))
        return tuple(level for level in now if level[1] != touched[level[0]])


def _half(
    order: NewOrder | RestingOrder,
    account: AccountName,
    traded: tuple[int, Ticks, Lots],
    fee: Value,
    *,
    maker: bool,
) -> OrderFilled:
    """Of a trade: what the owner of `order` is sent. traded: its number, price and size."""
    trade_id, price, size = traded
    return OrderFilled(
        account,
        order.order_id,
        trade_id,
        order.side,
        price,
        size,
        fee,
        maker,
        order.client_order_id,
    )


def _canonical(order: RestingOrder) -> tuple[str, int, int, int, int, bool]:
    return (
        order.account.name,
        order.order_id,
        order.price,
        order.size,
        order.leaves,
        order.reduce_only,
    )
