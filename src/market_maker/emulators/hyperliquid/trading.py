"""Placing, cancelling and modifying orders of an account, item by item as the venue answers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from msgspec.structs import replace

from market_maker.emulators.hyperliquid.accounts import PerpAccount
from market_maker.emulators.hyperliquid.judging import (
    NotTaken,
    VenueConditions,
    WantedOrder,
    far_from_reference,
    judge,
    judge_post_only,
    read,
)
from market_maker.emulators.hyperliquid.numbers import shown
from market_maker.emulators.hyperliquid.orders import CANCELED, TRIGGERED, ClientOrder, TriggerTerms
from market_maker.emulators.hyperliquid.universe import Listed
from market_maker.emulators.hyperliquid.world import World
from market_maker.model.orders import Side
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Lots, OrderId, Ticks
from market_maker.sandbox.reports import NewOrder, OrderKind
from market_maker.venues.hyperliquid.actions import Limit, OrderType, OrderWire, Priority

PlacedAnswer: TypeAlias = dict[str, Any] | str

SLIPPAGE_PERCENT = 10
"""How far a triggered market order may go from the mark."""

NEVER_PLACED = "Order was never placed, already canceled, or filled."
NOT_MODIFIED = "Cannot modify canceled or filled order"
KINDS = {"Alo": OrderKind.POST_ONLY, "Gtc": OrderKind.LIMIT}
GROUPINGS = ("na", "normalTpsl", "positionTpsl")


class ClientTrading:
    """Orders of clients. open_first: whether the next modify reports the new order before the end
    of the old one, as the venue may."""

    def __init__(self, world: World, conditions: VenueConditions) -> None:
        self._world, self.conditions = world, conditions
        self.open_first = False

    # placing

    def place(
        self,
        account: PerpAccount,
        wires: Sequence[OrderWire],
        grouping: str | Priority = "na",
        builder_fee: int = 0,
    ) -> list[PlacedAnswer]:
        """One status an order, or one error for all where the venue checks the whole batch."""
        refusal = self._whole(wires, grouping, builder_fee)
        if refusal is not None:
            return [{"error": refusal}]
        linked = grouping != "na" and not isinstance(grouping, Priority)
        return [
            self._place_one(account, wire, builder_fee, waiting=linked and number > 0)
            for number, wire in enumerate(wires)
        ]

    def _whole(
        self, wires: Sequence[OrderWire], grouping: str | Priority, builder_fee: int
    ) -> str | None:
        """What is wrong with a batch before its orders are checked one by one."""
        if not wires:
            return "Order batch is empty."
        if not isinstance(grouping, Priority) and grouping not in GROUPINGS:
            return "Order has invalid grouping."
        for wire in wires:
            try:
                wanted = read(self._world, wire, builder_fee)
            except NotTaken:
                continue
            if wanted.trigger is None and far_from_reference(self._world, wanted):
                text = "Order price cannot be more than 80% away from the reference price."
                return f"{text} asset={wire.a}"
        return None

    def _place_one(
        self, account: PerpAccount, wire: OrderWire, builder_fee: int, *, waiting: bool = False
    ) -> PlacedAnswer:
        world, wanted = self._world, None
        try:
            wanted = read(world, wire, builder_fee)
            judge(world, account, wanted, self.conditions)
            if wanted.tif == "Alo":
                judge_post_only(world, wanted)
            order = self._new(account, wanted)
            if wanted.trigger is not None:
                self._wait(order)
                return "waitingForFill" if waiting else _resting(order)
            world.orders.add(order)
            return self._send(order, KINDS.get(order.tif or "", OrderKind.IOC))
        except NotTaken as refused:
            if wanted is not None:
                rejected = self._new(account, wanted)
                world.ended(rejected, refused.status)
            return {"error": f"{refused.text} asset={wire.a}"}

    def _new(self, account: PerpAccount, wanted: WantedOrder) -> ClientOrder:
        return ClientOrder(
            oid=self._world.orders.number(),
            address=account.address,
            **shared_fields(ClientOrder, wanted),
            leaves=wanted.size,
            placed_at=self._world.now,
        )

    def _wait(self, order: ClientOrder) -> None:
        order.waiting = True
        self._world.orders.add(order)
        self._world.opened(order)

    def _send(self, order: ClientOrder, kind: OrderKind) -> PlacedAnswer:
        """An order that is open already goes to the book."""
        world, asset = self._world, order.listed.asset
        new = NewOrder(
            account=order.address,
            order_id=OrderId(order.oid),
            side=Side.BUY if order.buy else Side.SELL,
            price=Ticks(order.price),
            size=Lots(order.size),
            kind=kind,
            reduce_only=order.reduce_only,
        )
        world.markets[asset].execute(world.time, new)
        if world.orders.open_one(order.address, order.oid) is not None:
            world.opened(order)
            return _resting(order)
        if order.leaves == order.size:
            return {"error": f"{_unfilled(order)} asset={asset}"}
        return {"filled": _filled(order)}

    # cancelling

    def cancel(self, account: PerpAccount, asset: int, name: int | str) -> PlacedAnswer:
        """Take an order off, by number or cloid."""
        order = self._world.orders.open_one(account.address, name)
        if order is None or order.listed.asset != asset:
            return {"error": f"{NEVER_PLACED} asset={asset}"}
        self.remove(order, CANCELED)
        return "success"

    def remove(self, order: ClientOrder, status: str) -> None:
        """An open order ends for the venue's own reasons or its account's."""
        if order.waiting:
            self._world.ended(order, status)
        else:
            self._world.withdraw(order, status)

    def modify(
        self, account: PerpAccount, name: int | str, wire: OrderWire, *, always: bool
    ) -> PlacedAnswer:
        """Cancel and replace. Raises NotTaken when there is nothing to replace, or the replacement
        might take, and `always` is not asked for."""
        world = self._world
        old = world.orders.open_one(account.address, name)
        if not always:
            if old is None:
                raise NotTaken(NOT_MODIFIED)
            wire = _resting_only(wire)
        first = len(world.news)
        if old is not None:
            self.remove(old, CANCELED)
        gone = world.news[first:] if self.open_first else []
        del world.news[len(world.news) - len(gone) :]
        status = self.place(account, [wire])[0]
        world.tell(*gone)
        return status

    # what becomes due

    def trigger_due(self) -> None:
        """Trigger orders whose price is reached become orders."""
        world = self._world
        for order in world.orders.all_open():
            terms = order.trigger
            if terms is None or not order.waiting:
                continue
            mark = world.mark(order.listed.asset)
            if mark >= terms.price if terms.above else mark <= terms.price:
                self._fire(order, terms, mark)

    def close_at_market(self, account: PerpAccount, listed: Listed) -> None:
        """The venue closes a position of an account that did not ask for it."""
        world, lots = self._world, account.holdings[listed.asset].lots
        mark = world.mark(listed.asset)
        user, price = account.address, shown(mark)
        world.liquidating = {"liquidatedUser": user, "markPx": price, "method": "market"}
        order = ClientOrder(
            oid=world.orders.number(),
            cloid=None,
            address=account.address,
            listed=listed,
            buy=lots < 0,
            price=_worst(listed, mark, -1 if lots > 0 else 1),
            size=abs(lots),
            leaves=abs(lots),
            reduce_only=True,
            tif="LiquidationMarket",
            placed_at=world.now,
        )
        world.orders.add(order)
        self._send(order, OrderKind.IOC)
        world.liquidating = None

    def _fire(self, order: ClientOrder, terms: TriggerTerms, mark: Decimal) -> None:
        world = self._world
        order.status = TRIGGERED
        world.opened(order)
        world.orders.resume(order)
        if terms.market:
            order.price = _worst(order.listed, mark, order.sign)
        account = world.accounts.accounts[order.address]
        free = world.margins.summary(account, order.listed.dex, {}).free
        if free < 0 and not order.reduce_only:
            world.ended(order, "perpMarginRejected")
            return
        self._send(order, OrderKind.IOC if terms.market else OrderKind.LIMIT)


def _worst(listed: Listed, mark: Decimal, sign: int) -> int:
    """Ticks that a market order may go to."""
    ticks = max(1, int(mark * (100 + sign * SLIPPAGE_PERCENT) / 100 / listed.perp.tick))
    step = listed.perp.step(ticks)
    return max(1, ticks // step * step)


def _resting(order: ClientOrder) -> PlacedAnswer:
    return {"resting": _named({"oid": order.oid}, order)}


def _filled(order: ClientOrder) -> dict[str, Any]:
    size = (order.size - order.leaves) * order.listed.perp.lot
    found = {
        "totalSz": shown(size),
        "avgPx": shown((order.traded / size).quantize(order.listed.perp.tick)),
        "oid": order.oid,
    }
    return _named(found, order)


def _named(found: dict[str, Any], order: ClientOrder) -> dict[str, Any]:
    return found if order.cloid is None else {**found, "cloid": order.cloid}


def _unfilled(order: ClientOrder) -> str:
    """Why an order is gone and nothing of it was filled."""
    if order.status == "badAloPxRejected":
        return "Post only order would have immediately matched."
    if order.status == "tooManyOpenOrdersRejected":
        return "Too many open orders."
    if order.status in {"reduceOnlyCanceled", "reduceOnlyRejected"}:
        return "Reduce only order would increase position."
    if order.tif == "FrontendMarket":
        return "No liquidity available for market order."
    return "Order could not immediately match against any resting orders."


def _resting_only(wire: OrderWire) -> OrderWire:
    """Without always_place a replacement may not take: a GTC becomes post-only. Raises NotTaken."""
    tif = wire.t.limit.tif if wire.t.limit else None
    if tif not in {"Alo", "Gtc"}:
        raise NotTaken("Modified order must be post-only or a resting GTC.")
    return replace(wire, t=OrderType(limit=Limit("Alo")))
