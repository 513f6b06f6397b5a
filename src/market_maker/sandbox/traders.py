"""Traders that make a market worth quoting. Each acts at its own random times, for itself.

Takers use IOC orders with a limit price, as market orders with a slippage bound.
"""

import math
from collections.abc import Callable, Iterator
from random import Random
from typing import Protocol, TypeAlias

from msgspec import Struct

from market_maker.model.instrument import Instrument
from market_maker.model.orders import Side
from market_maker.model.units import BPS, NANOS_PER_SECOND, Lots, Nanos, OrderId, Ticks
from market_maker.sandbox.hawkes import HawkesArrivals
from market_maker.sandbox.matching import Matching
from market_maker.sandbox.parameters import TraderParameters
from market_maker.sandbox.reports import (
    AccountName,
    CancelOrder,
    NewOrder,
    OpenOrder,
    OrderKind,
    OrderRequest,
)

TRADER_MARK = "~"
"""Accounts of the sandbox's own traders begin with it; no other account may."""

PriceStep: TypeAlias = Callable[[int], int]
"""How many ticks two neighbouring prices are apart at a price in ticks: more than one where the
venue allows a number of significant figures only."""


def every_tick(_ticks: int) -> int:
    """The step of a venue that takes every tick."""
    return 1


_REPRICED_AT_ONCE = 3
"""Orders that a depth account moves on one side when it wakes."""

_NEAR_TOUCH_STEPS = 3
"""How far behind the touch a noise trader's limit order may stand."""


class Scene(Struct):
    """What a trader sees when it wakes. fair_ticks: the fundamental value as the public has it;
    value_ticks: as it is, which the informed know."""

    matching: Matching
    now: Nanos
    fair_ticks: float
    value_ticks: float

    def mid_ticks(self) -> float | None:
        """The mid, or None while a side is empty."""
        bid, ask = self.matching.best(Side.BUY), self.matching.best(Side.SELL)
        return None if bid is None or ask is None else (bid + ask) / 2


class Trader(Protocol):
    """wait: until it wakes again. act: what it asks of the venue when it does."""

    def wait(self) -> Nanos: ...

    def act(self, scene: Scene) -> Iterator[OrderRequest]: ...


class TraderAccount:
    """One account: numbers its orders, turns USDT into lots, draws from the one generator."""

    def __init__(
        self,
        account: AccountName,
        instrument: Instrument,
        rng: Random,
        step: PriceStep = every_tick,
    ) -> None:
        self.account = TRADER_MARK + account
        self.rng = rng
        self.step = step
        self._last_id = 0
        lot_value = instrument.tick_size * instrument.lot_size
        self._tick_lots_per_usdt = float(1 / lot_value)
        self._min_tick_lots = math.ceil(instrument.min_notional / lot_value)

    def wait(self, rate_per_s: float) -> Nanos:
        """A Poisson process' next wait."""
        return _nanos(self.rng.expovariate(rate_per_s))

    def order(self, side: Side, price_ticks: float, usdt: float, kind: OrderKind) -> NewOrder:
        """An order for about `usdt`, at least the minimum notional and one lot, its price rounded
        to the step away from the other side and at least one tick."""
        self._last_id += 1
        step = self.step(max(1, math.floor(price_ticks)))
        steps = price_ticks / step
        rounded = (math.floor(steps) if side is Side.BUY else math.ceil(steps)) * step
        price = max(1, rounded)
        wanted = max(usdt * self._tick_lots_per_usdt, self._min_tick_lots)
        return NewOrder(
            account=self.account,
            order_id=OrderId(self._last_id),
            side=side,
            price=Ticks(price),
            size=Lots(math.ceil(wanted / price)),
            kind=kind,
        )

    def cancel(self, order: OpenOrder) -> CancelOrder:
        """A request to cancel one of its orders."""
        return CancelOrder(self.account, order.order_id)

    def open_orders(self, scene: Scene) -> tuple[OpenOrder, ...]:
        """Its own, the oldest first."""
        return scene.matching.open_orders(self.account)


class DepthProvider:
    """Background liquidity: a cloud of post-only orders around where it thinks the price is."""

    def __init__(self, desk: TraderAccount, parameters: TraderParameters) -> None:
        self._desk = desk
        self._known = parameters

    def wait(self) -> Nanos:
        return self._desk.wait(self._known.depth_wakes_per_s / self._known.depth_accounts)

    def act(self, scene: Scene) -> Iterator[OrderRequest]:
        reference = self._reference(scene)
        mine = self._desk.open_orders(scene)
        for side in Side:
            own = [order for order in mine if order.side is side]
            leaving = self._leaving(side, own, reference)
            yield from map(self._desk.cancel, leaving)
            wanted = self._known.depth_orders - len(own) + len(leaving)
            for _ in range(min(wanted, _REPRICED_AT_ONCE)):
                yield self._new(side, reference, scene)

    def _reference(self, scene: Scene) -> float:
        mid = scene.mid_ticks()
        start = scene.fair_ticks if mid is None else mid
        guess = start + self._known.depth_attention * (scene.fair_ticks - start)
        return guess * (1 + self._desk.rng.gauss(0.0, self._known.depth_noise_bps) / BPS)

    def _leaving(self, side: Side, own: list[OpenOrder], reference: float) -> list[OpenOrder]:
        """Orders on the wrong side of the reference; when there are none and the cloud is full,
        any one, so that the cloud follows the price."""
        wrong = [order for order in own if (reference - order.price) * side.sign < 0]
        if wrong or len(own) < self._known.depth_orders:
            return wrong[:_REPRICED_AT_ONCE]
        return [self._desk.rng.choice(own)]

    def _new(self, side: Side, reference: float, scene: Scene) -> NewOrder:
        known, rng = self._known, self._desk.rng
        distance = known.depth_distance_min_bps * (1 - rng.random()) ** (-1 / known.depth_exponent)
        distance = min(distance, known.depth_distance_max_bps * (1 - rng.random() / 2))
        price = reference * (1 - side.sign * distance / BPS)
        facing = scene.matching.best(side.other)
        if facing is not None and (facing - price) * side.sign < self._desk.step(facing):
            price = facing - side.sign * self._desk.step(facing)
        usdt = known.depth_order_usdt * (0.5 + distance) * rng.expovariate(1.0)
        return self._desk.order(side, price, usdt, OrderKind.POST_ONLY)


class NoiseTaker:
    """Market orders on one side for reasons of its own; they come in clusters, and fewer of them on
    the side that the value is against."""

    def __init__(self, desk: TraderAccount, side: Side, parameters: TraderParameters) -> None:
        self._desk = desk
        self._side = side
        self._known = parameters
        self._arrivals = HawkesArrivals(
            parameters.noise_orders_per_s / 2,
            parameters.noise_branching,
            parameters.noise_decay_per_s,
        )

    def wait(self) -> Nanos:
        return _nanos(self._arrivals.wait_s(self._desk.rng))

    def act(self, scene: Scene) -> Iterator[OrderRequest]:
        facing = scene.matching.best(self._side.other)
        if facing is not None and not self._thinks_better_of_it(scene):
            worst = facing * (1 + self._side.sign * self._known.noise_slippage_bps / BPS)
            spread = self._desk.rng.gauss(0.0, self._known.noise_order_sigma)
            usdt = self._known.noise_order_usdt * math.exp(spread)
            yield self._desk.order(self._side, worst, usdt, OrderKind.IOC)

    def _thinks_better_of_it(self, scene: Scene) -> bool:
        """More often the further the value is on the wrong side of what the public has."""
        ahead_bps = self._side.sign * BPS * (scene.value_ticks / scene.fair_ticks - 1)
        return self._desk.rng.random() >= math.exp(min(0.0, self._known.noise_insight * ahead_bps))


class NoiseQuoter:
    """Limit orders at, in front of or just behind the touch; the oldest is cancelled."""

    def __init__(self, desk: TraderAccount, parameters: TraderParameters) -> None:
        self._desk = desk
        self._known = parameters

    def wait(self) -> Nanos:
        return self._desk.wait(self._known.noise_quotes_per_s)

    def act(self, scene: Scene) -> Iterator[OrderRequest]:
        rng = self._desk.rng
        own = self._desk.open_orders(scene)
        if len(own) >= self._known.noise_quotes_open:
            yield self._desk.cancel(own[0])
        side = rng.choice((Side.BUY, Side.SELL))
        touch = scene.matching.best(side)
        if touch is not None:
            steps = rng.randint(-1, _NEAR_TOUCH_STEPS)
            price = touch - side.sign * steps * self._desk.step(touch)
            usdt = self._known.noise_quote_usdt * rng.expovariate(1.0)
            yield self._desk.order(side, price, usdt, OrderKind.POST_ONLY)


class InformedTaker:
    """Knows the fundamental and takes what stands on the wrong side of it."""

    def __init__(self, desk: TraderAccount, parameters: TraderParameters) -> None:
        self._desk = desk
        self._known = parameters

    def wait(self) -> Nanos:
        return self._desk.wait(self._known.informed_wakes_per_s)

    def act(self, scene: Scene) -> Iterator[OrderRequest]:
        for side in Side:
            facing = scene.matching.best(side.other)
            worst = scene.value_ticks * (1 - side.sign * self._known.informed_edge_bps / BPS)
            if facing is not None and (worst - facing) * side.sign >= 0:
                usdt = self._known.informed_order_usdt * self._desk.rng.expovariate(1.0)
                yield self._desk.order(side, worst, usdt, OrderKind.IOC)


class MomentumTaker:
    """Buys what has risen and sells what has fallen against a moving average of the mid."""

    def __init__(self, desk: TraderAccount, parameters: TraderParameters) -> None:
        self._desk = desk
        self._known = parameters
        self._average: float | None = None
        self._seen = Nanos(0)

    def wait(self) -> Nanos:
        return self._desk.wait(self._known.momentum_wakes_per_s)

    def act(self, scene: Scene) -> Iterator[OrderRequest]:
        mid = scene.mid_ticks()
        if mid is None:
            return
        move_bps = BPS * (mid / self._follow(mid, scene.now) - 1)
        side = Side.BUY if move_bps > 0 else Side.SELL
        facing = scene.matching.best(side.other)
        if abs(move_bps) >= self._known.momentum_threshold_bps and facing is not None:
            worst = facing * (1 + side.sign * self._known.momentum_threshold_bps / BPS)
            usdt = self._known.momentum_order_usdt * self._desk.rng.expovariate(1.0)
            yield self._desk.order(side, worst, usdt, OrderKind.IOC)

    def _follow(self, mid: float, now: Nanos) -> float:
        age_s, self._seen = (now - self._seen) / NANOS_PER_SECOND, now
        if self._average is None:
            self._average = mid
        weight = -math.expm1(-age_s / self._known.momentum_lookback_s)
        self._average += weight * (mid - self._average)
        return self._average


def depth_providers(
    instrument: Instrument, parameters: TraderParameters, rng: Random, step: PriceStep = every_tick
) -> tuple[DepthProvider, ...]:
    """The background liquidity."""
    return tuple(
        DepthProvider(TraderAccount(f"depth-{number}", instrument, rng, step), parameters)
        for number in range(1, parameters.depth_accounts + 1)
    )


def takers_and_noise(
    instrument: Instrument, parameters: TraderParameters, rng: Random, step: PriceStep = every_tick
) -> tuple[Trader, ...]:
    """All other traders."""

    def desk(name: str) -> TraderAccount:
        return TraderAccount(name, instrument, rng, step)

    return (
        NoiseTaker(desk("noise-buyer"), Side.BUY, parameters),
        NoiseTaker(desk("noise-seller"), Side.SELL, parameters),
        NoiseQuoter(desk("noise-quoter"), parameters),
        InformedTaker(desk("informed"), parameters),
        MomentumTaker(desk("momentum"), parameters),
    )


def _nanos(seconds: float) -> Nanos:
    return Nanos(1 + int(seconds * NANOS_PER_SECOND))
