"""All that is true at the emulated venue at one moment, and what the markets do to it. No I/O."""

from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from hashlib import blake2b
from typing import Any, TypeAlias

from msgspec import Struct

from market_maker.emulators.hyperliquid.accounts import AccountBook, FillEntry
from market_maker.emulators.hyperliquid.booking import GROWTH_SHARE, TradeSide, book, fee_rate
from market_maker.emulators.hyperliquid.margin import Margins, RestingTrade
from market_maker.emulators.hyperliquid.markets import CoinMarket, MarketFactory
from market_maker.emulators.hyperliquid.numbers import shown, usd
from market_maker.emulators.hyperliquid.orders import CANCELED, FILLED, ClientOrder, OrderBook
from market_maker.emulators.hyperliquid.trade_history import TradeHistory
from market_maker.emulators.hyperliquid.universe import Listed, ListedUniverse
from market_maker.model.events import RejectReason
from market_maker.model.exact import ZERO
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_MS, Nanos, OrderId, Ticks
from market_maker.sandbox.reports import (
    CancelOrder,
    CancelReason,
    MatchOutcome,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    Report,
)
from market_maker.sandbox.traders import TRADER_MARK

BUILDER_UNIT = Decimal("0.00001")
"""Builder fees are counted in tenths of a basis point."""

ORACLE_MS = 3_000
"""How often the oracle is set."""

TID_BITS = 50

MARGIN_CANCELED = "marginCanceled"

REFUSED_AS = {
    RejectReason.POST_ONLY: "badAloPxRejected",
    RejectReason.REDUCE_ONLY: "reduceOnlyRejected",
    RejectReason.MIN_NOTIONAL: "minTradeNtlRejected",
    RejectReason.RATE_LIMIT: "tooManyOpenOrdersRejected",
}
"""Status of an order that a market refuses after the rules let it pass: its book has moved, or it
is a trigger order with nothing left to do."""

STATUS_OF = {
    CancelReason.REQUESTED: CANCELED,
    CancelReason.IOC: "iocCancelRejected",
    CancelReason.REDUCE_ONLY: "reduceOnlyCanceled",
    CancelReason.SELF_TRADE: "selfTradeCanceled",
    CancelReason.MARGIN: MARGIN_CANCELED,
}


class OrderTold(Struct, frozen=True):
    """An order of an account changed. update: as orderUpdates has it."""

    address: str
    update: dict[str, Any]


class FillTold(Struct, frozen=True):
    """An account traded. fill: as userFills has it."""

    address: str
    fill: dict[str, Any]


class UserEvent(Struct, frozen=True):
    """Any other userEvents frame of an account."""

    address: str
    event: dict[str, Any]


class FundingTold(Struct, frozen=True):
    """An account paid or got funding. entry: as userFundings has it."""

    address: str
    entry: dict[str, Any]


class LedgerTold(Struct, frozen=True):
    """Money moved. entry: as userNonFundingLedgerUpdates has it."""

    address: str
    entry: dict[str, Any]


class TradeTold(Struct, frozen=True):
    """A public trade. trade: as the trades channel has it."""

    coin: str
    trade: dict[str, Any]


VenueTold: TypeAlias = OrderTold | FillTold | UserEvent | FundingTold | LedgerTold | TradeTold


class World:
    """Markets, accounts and orders. Moments given to it never go back; `now` is in ms."""

    def __init__(self, universe: ListedUniverse, make_market: MarketFactory, start: Nanos) -> None:
        self.universe = universe
        self.accounts = AccountBook()
        self.orders = OrderBook()
        self.margins = Margins(universe, self.mark, self.orders.working)
        self.news: list[VenueTold] = []
        self.time = start
        self.markets: dict[int, CoinMarket] = {}
        self.histories: dict[int, TradeHistory] = {}
        self.oracles: dict[int, Decimal] = {}
        self.liquidating: dict[str, Any] | None = None
        self._oracle_due = 0
        self._withdrawn_as = CANCELED
        self._others = {one.asset: one.perp.others_lots for one in universe.listed}
        for listed in universe.listed:
            opened_at = _on_grid(listed, Decimal(str(listed.perp.price)))
            self.histories[listed.asset] = TradeHistory(listed.perp.name, opened_at)
            self.oracles[listed.asset] = opened_at
            self.markets[listed.asset] = make_market(
                listed.perp, start, partial(self._hear, listed), partial(self._carries, listed)
            )
            if not self.histories[listed.asset].trades:
                opened_at = _on_grid(listed, self.mid(listed.asset))
                self.histories[listed.asset] = TradeHistory(listed.perp.name, opened_at)
            self.oracles[listed.asset] = _on_grid(listed, self.mid(listed.asset))

    @property
    def now(self) -> int:
        """Milliseconds since the epoch."""
        return self.time // NANOS_PER_MS

    def advance(self, now: Nanos) -> None:
        """Let all traders trade until `now`."""
        self.time = max(now, self.time)
        for market in self.markets.values():
            market.advance(self.time)
        if self.now >= self._oracle_due:
            self._oracle_due = self.now + ORACLE_MS
            for listed in self.universe.listed:
                self.oracles[listed.asset] = _on_grid(listed, self.mid(listed.asset))

    def watched(self, coin: str) -> None:
        """A client subscribed to the book of a perpetual."""
        for listed in self.universe.listed:
            if listed.perp.name == coin:
                self.markets[listed.asset].watched(self.time)

    # prices

    def best(self, asset: int, *, buy: bool) -> Decimal | None:
        """The best bid or ask."""
        ticks = self.markets[asset].best(Side.BUY if buy else Side.SELL)
        listed = self.universe.asset(asset)
        return None if ticks is None or listed is None else ticks * listed.perp.tick

    def mid(self, asset: int) -> Decimal:
        """Of the book; the last trade's price while a side is empty."""
        bid, ask = self.best(asset, buy=True), self.best(asset, buy=False)
        return self.histories[asset].last if bid is None or ask is None else (bid + ask) / 2

    def mark(self, asset: int) -> Decimal:
        """Median of best bid, best ask and last trade."""
        prices = [self.best(asset, buy=True), self.best(asset, buy=False)]
        known = sorted(price for price in prices if price is not None)
        last = self.histories[asset].last
        return sorted([*known, last])[1] if len(known) == len(prices) else last

    def open_interest(self, asset: int) -> int:
        """Lots that all accounts together are long, and those who are not simulated."""
        held = (account.holdings.get(asset) for account in self.accounts.accounts.values())
        return self._others[asset] + sum(max(0, one.lots) for one in held if one is not None)

    # what orders come to

    def opened(self, order: ClientOrder) -> None:
        """An order rests."""
        order.status_at = self.now
        self.tell(OrderTold(order.address, order.update()))

    def withdraw(self, order: ClientOrder, status: str) -> None:
        """Take an order off the book; it ends with `status`."""
        self._withdrawn_as = status
        wish = CancelOrder(order.address, OrderId(order.oid))
        self.markets[order.listed.asset].execute(self.time, wish)
        self._withdrawn_as = CANCELED

    def ended(self, order: ClientOrder, status: str) -> None:
        """An order is over."""
        self.orders.close(order, status, self.now)
        self.tell(OrderTold(order.address, order.update()))

    def tell(self, *news: VenueTold) -> None:
        """Let those who listen know."""
        self.news += news

    def _hear(self, listed: Listed, now: Nanos, outcome: MatchOutcome) -> None:
        self.time = max(self.time, now)
        for report in outcome.reports:
            if not report.account.startswith(TRADER_MARK):
                self._hear_of(listed, report)
        if outcome.trades:
            self._tape(listed, [one for one in outcome.reports if isinstance(one, OrderFilled)])

    def _hear_of(self, listed: Listed, report: Report) -> None:
        """What happened to an order of a client."""
        order = self.orders.found(report.account, int(report.order_id))
        if order is None:
            return
        if isinstance(report, OrderFilled):
            self._fill(listed, order, report)
        elif isinstance(report, OrderRejected):
            self.ended(order, REFUSED_AS.get(report.reason, "rejected"))
        elif isinstance(report, OrderCanceled):
            filled = order.leaves < order.size
            status = STATUS_OF[report.reason]
            if report.reason is CancelReason.IOC and filled:
                status = CANCELED
            elif report.reason is CancelReason.REQUESTED:
                status = self._withdrawn_as
            self.ended(order, status)
            if report.reason is CancelReason.MARGIN:
                gone = {"coin": listed.perp.name, "oid": order.oid}
                self.tell(UserEvent(order.address, {"nonUserCancel": [gone]}))

    def _carries(self, listed: Listed, address: str, held: int, price: Ticks, lots: int) -> bool:
        """The venue checks margin again for what rests, at the match (docs, "Order book")."""
        account = self.accounts.find(address)
        trade = RestingTrade(held, lots, price * listed.perp.tick)
        return account is None or self.margins.carries(account, listed, trade)

    def _fill(self, listed: Listed, order: ClientOrder, report: OrderFilled) -> None:
        account = self.accounts.accounts[order.address]
        price, size = report.price * listed.perp.tick, report.size * listed.perp.lot
        notional = price * size
        rate = fee_rate(self.universe.dexes[listed.dex], listed, maker=report.maker)
        extra = usd(notional * order.builder_fee * BUILDER_UNIT)
        fee = usd(notional * rate) + extra
        pool = self.margins.pool(account, listed.dex)
        trade = TradeSide(int(report.size) * order.sign, price, fee)
        booked = book(account, pool, listed, trade)
        account.volume += notional
        account.quota_volume += notional * (GROWTH_SHARE if listed.perp.growth else 1)
        order.traded += notional
        self.orders.reduce(order, int(report.size))
        collateral = self.universe.dexes[listed.dex].collateral
        entry: dict[str, Any] = {
            "coin": listed.perp.name,
            "px": shown(price),
            "sz": shown(size),
            "side": "B" if order.buy else "A",
            "time": self.now,
            "startPosition": shown(booked.start * listed.perp.lot),
            "dir": booked.direction,
            "closedPnl": shown(usd(booked.closed)),
            "hash": _digest(f"{order.oid}/{report.trade_id}", 32),
            "oid": order.oid,
            "crossed": not report.maker,
            "fee": shown(fee),
            "tid": _tid(listed, report.trade_id),
            "feeToken": self.universe.token(collateral).name,
            "twapId": None,
        }
        if order.cloid is not None:
            entry["cloid"] = order.cloid
        if extra:
            entry["builderFee"] = shown(extra)
        if self.liquidating is not None and not report.maker:
            entry["liquidation"] = self.liquidating
        account.fills.append(FillEntry(self.now, entry))
        self.tell(FillTold(order.address, entry))
        if order.leaves == 0:
            self.ended(order, FILLED)

    def _tape(self, listed: Listed, fills: Iterable[OrderFilled]) -> None:
        """Public trades: reports come in pairs, the maker's first."""
        sides = list(fills)
        for maker, taker in zip(sides[::2], sides[1::2], strict=True):
            price, size = taker.price * listed.perp.tick, taker.size * listed.perp.lot
            buyer, seller = (maker, taker) if maker.side is Side.BUY else (taker, maker)
            trade = {
                "coin": listed.perp.name,
                "side": "B" if taker.side is Side.BUY else "A",
                "px": shown(price),
                "sz": shown(size),
                "time": self.now,
                "hash": _digest(f"{listed.asset}/{taker.trade_id}", 32),
                "tid": _tid(listed, taker.trade_id),
                "users": [_address(buyer.account), _address(seller.account)],
            }
            self.histories[listed.asset].add(self.now, price, size, trade)
            self.tell(TradeTold(listed.perp.name, trade))


def _on_grid(listed: Listed, price: Decimal) -> Decimal:
    ticks = int(price / listed.perp.tick)
    step = listed.perp.step(max(1, ticks))
    return max(ZERO, ticks // step * step * listed.perp.tick)


def _digest(text: str, size: int) -> str:
    return "0x" + blake2b(text.encode(), digest_size=size).hexdigest()


def _tid(listed: Listed, trade_id: int) -> int:
    """Of a trade: 50 bits that say nothing."""
    digest = blake2b(f"{listed.perp.name}/{trade_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - TID_BITS)


def _address(account: str) -> str:
    """A trader of the sandbox has one made of its name."""
    return _digest(account, 20) if account.startswith(TRADER_MARK) else account
