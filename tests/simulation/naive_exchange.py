"""The rules of `market_maker.sandbox.matching` a second time, as plainly as they can be put.

One list of orders in order of arrival; everything else is searched when it is needed. Slow,
and right by inspection: what the fast book is compared with.
"""

import hashlib
from decimal import Decimal

from market_maker.model.events import RejectReason
from market_maker.model.orders import Side
from market_maker.sandbox.reports import (
    CancelOrder,
    CancelReason,
    CancelRefused,
    MatchOutcome,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderKind,
    OrderRejected,
    PublicTrade,
)


class NaiveExchange:
    def __init__(self, instrument, fees, carries=lambda *_: True):
        self.instrument, self.carries = instrument, carries
        self.rates = {True: int(fees.maker_bps * 10_000), False: int(fees.taker_bps * 10_000)}
        self.resting = []  # dicts, the oldest first
        self.positions = {}
        self.paid = {}
        self.trades_made = 0

    def apply(self, request):
        before = {side: self.levels(side) for side in Side}
        self.reports, self.trades = [], []
        if isinstance(request, CancelOrder):
            self.cancel(request)
        else:
            self.place(request)
        bids, asks = (changes(before[side], self.levels(side)) for side in Side)
        return MatchOutcome(tuple(self.reports), tuple(self.trades), bids, asks)

    def levels(self, side):
        totals = {}
        for order in self.resting:
            if order["side"] == side:
                totals[order["price"]] = totals.get(order["price"], 0) + order["leaves"]
        return totals

    def position(self, account):
        return self.positions.get(account, 0)

    def find(self, account, order_id):
        for order in self.resting:
            if (order["account"], order["order_id"]) == (account, order_id):
                return order
        return None

    def in_trading_order(self, side):
        # sorted() is stable: orders at one price stay in order of arrival
        return sorted(
            (order for order in self.resting if order["side"] == side),
            key=lambda order: -order["price"] if side == Side.BUY else order["price"],
        )

    def can_reduce(self, account, side):
        position = self.position(account)
        return position < 0 if side == Side.BUY else position > 0

    def cancel(self, request):
        order = self.find(request.account, request.order_id)
        if order is None:
            self.reports.append(CancelRefused(request.account, request.order_id))
        else:
            self.withdraw(order, CancelReason.REQUESTED)

    def withdraw(self, order, reason):
        self.resting.remove(order)
        self.gone(order["account"], order["order_id"], order["leaves"], reason)

    def gone(self, account, order_id, leaves, reason):
        self.reports.append(OrderCanceled(account, order_id, leaves, reason))

    def why_not(self, new):
        if new.price <= 0 or new.size <= 0:
            return RejectReason.INVALID
        if self.find(new.account, new.order_id):
            return RejectReason.OTHER
        if new.reduce_only and not self.can_reduce(new.account, new.side):
            return RejectReason.REDUCE_ONLY
        notional = self.instrument.notional(new.price, new.size)
        if not new.reduce_only and notional < self.instrument.min_notional:
            return RejectReason.MIN_NOTIONAL
        if new.kind == OrderKind.POST_ONLY and self.counterparts(new):
            return RejectReason.POST_ONLY
        return None

    def counterparts(self, new):
        reach = Decimal(new.price) * new.side.sign
        return [
            order
            for order in self.in_trading_order(new.side.other)
            if order["price"] * new.side.sign <= reach
        ]

    def place(self, new):
        reason = self.why_not(new)
        if reason:
            self.reports.append(OrderRejected(new.account, new.order_id, reason))
            return
        self.reports.append(OrderAccepted(new.account, new.order_id))
        leaves = new.size
        while leaves and (makers := self.counterparts(new)):
            maker = makers[0]
            if maker["account"] == new.account:
                self.withdraw(maker, CancelReason.SELF_TRADE)
                continue
            if new.reduce_only and not self.can_reduce(new.account, new.side):
                break
            size = self.tradable(new, leaves, maker)
            account, signed = maker["account"], size * maker["side"].sign
            if not self.carries(account, self.position(account), maker["price"], signed):
                self.withdraw(maker, CancelReason.MARGIN)
                continue
            self.trade(new, size, maker)
            leaves -= size
        self.rest(new, leaves)

    def tradable(self, new, leaves, maker):
        bounds = [leaves, maker["leaves"]]
        if maker["reduce_only"]:
            bounds.append(abs(self.position(maker["account"])))
        if new.reduce_only:
            bounds.append(abs(self.position(new.account)))
        return min(bounds)

    def trade(self, new, size, maker):
        price = maker["price"]
        self.trades_made += 1
        self.half(maker["account"], maker["order_id"], maker["side"], (price, size), maker=True)
        self.half(new.account, new.order_id, new.side, (price, size), maker=False)
        self.trades.append(PublicTrade(self.trades_made, price, size, new.side))
        maker["leaves"] -= size
        if maker["leaves"] == 0:
            self.resting.remove(maker)
        for account in (maker["account"], new.account):
            for order in [o for o in self.resting if o["account"] == account and o["reduce_only"]]:
                if not self.can_reduce(account, order["side"]):
                    self.withdraw(order, CancelReason.REDUCE_ONLY)

    def half(self, account, order_id, side, price_size, *, maker):
        price, size = price_size
        fee = price * size * self.rates[maker]
        self.positions[account] = self.position(account) + side.sign * size
        self.paid[account] = self.paid.get(account, 0) + fee
        self.reports.append(
            OrderFilled(account, order_id, self.trades_made, side, price, size, fee, maker)
        )

    def rest(self, new, leaves):
        if leaves == 0:
            return
        if new.kind == OrderKind.IOC:
            self.gone(new.account, new.order_id, leaves, CancelReason.IOC)
        elif new.reduce_only and not self.can_reduce(new.account, new.side):
            self.gone(new.account, new.order_id, leaves, CancelReason.REDUCE_ONLY)
        else:
            self.resting.append(
                {
                    "account": new.account,
                    "order_id": new.order_id,
                    "side": new.side,
                    "price": new.price,
                    "size": new.size,
                    "leaves": leaves,
                    "reduce_only": new.reduce_only,
                }
            )

    def state_hash(self):
        fields = ("account", "order_id", "price", "size", "leaves", "reduce_only")
        sides = [
            tuple(tuple(order[f] for f in fields) for order in self.in_trading_order(side))
            for side in (Side.BUY, Side.SELL)
        ]
        accounts = tuple(
            (name, self.positions[name], self.paid[name])
            for name in sorted(self.positions)
            if self.positions[name] != 0 or self.paid[name] != 0
        )
        text = repr((sides[0], sides[1], accounts, self.trades_made + 1))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def changes(before, after):
    return tuple(
        (price, after.get(price, 0))
        for price in sorted({**before, **after})
        if before.get(price, 0) != after.get(price, 0)
    )
