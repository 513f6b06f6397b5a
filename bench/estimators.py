"""What estimates cost: each one per event it takes, all of them together, and a turn of an engine
with every term on. `python -m bench estimators`; microseconds, a timer's own cost taken off.

The budgets that are stated: all of them at most 10 us an event at p50; a turn with everything on,
three members and three levels, at most 30 us at p50.
"""

import argparse
import gc
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from market_maker.engine.engine import Engine
from market_maker.engine.estimates import Estimates
from market_maker.engine.market import Market
from market_maker.estimators.adverse_selection import AdverseSelection
from market_maker.estimators.cascade import CascadeSeverity
from market_maker.estimators.depth import DepthMonitor
from market_maker.estimators.fair_price import Microprice, weighted_mid
from market_maker.estimators.flow import OrderFlowImbalance, TradeFlow, Vpin, imbalance
from market_maker.estimators.funding import FundingForecast
from market_maker.estimators.hawkes import HawkesIntensity
from market_maker.estimators.intensity import FillIntensity
from market_maker.estimators.kalman import KalmanPrice
from market_maker.estimators.queue_tracker import QueueTracker, TrackedOrder
from market_maker.estimators.regimes import Spread, level_of, regime_of
from market_maker.estimators.regression import RegressionMicroprice
from market_maker.estimators.volatility import EwmaVolatility, RealisedVolatility
from market_maker.estimators.volume_clock import VolumeClock, VolumeVolatility
from market_maker.model.actions import Cancel, Place
from market_maker.model.events import Accepted, BookTop, Canceled, Event, Filled, Operated, Trade
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side, side_index
from market_maker.model.pool import Member, PoolConfig

EVENT_BUDGET_US, TURN_BUDGET_US = 10.0, 30.0
START, STEP_NS = 10**18, 10**8
STEPS = 20_000
INSTRUMENT = Instrument("BENCH", Decimal("0.1"), Decimal("0.001"))
MEMBERS = tuple(
    Member(name, Decimal(weight), Decimal(50_000), Decimal(2_000))
    for name, weight in (("ann", 50), ("bob", 30), ("cid", 20))
)
COMMON: dict[str, Any] = {
    "symbol": "BENCH",
    "gamma": Decimal("0.05"),
    "kappa": Decimal(2),
    "min_spread_bps": Decimal(3),
    "max_spread_bps": Decimal(80),
    "order_size_usdt": Decimal(3_000),
    "num_levels": 3,
    "warmup_samples": 2,
    "members": MEMBERS,
}
EVERYTHING: dict[str, Any] = {
    "use_kappa": "estimated",
    "use_funding": True,
    "use_impact": True,
    "use_toxicity": True,
    "use_inventory_gamma": True,
    "use_cascade": True,
    "estimators": "all",
    "fair_price": "regression",
}


def market(steps: int) -> list[list[Event]]:
    """Tops of a random walk every step, and 0 to 3 trades before each, as deep as the law says."""
    rng = random.Random(7)
    now, mid, steps_made = START, 500_000, []
    for _ in range(steps):
        now += STEP_NS
        mid += rng.choice((-3, -1, 0, 0, 1, 3))
        events: list[Event] = []
        for _ in range(rng.choice((0, 0, 1, 2, 3))):
            side = rng.choice((Side.BUY, Side.SELL))
            price = mid + side.sign * (1 + int(rng.expovariate(1 / 100)))
            stamp = now - rng.randrange(STEP_NS)
            events.append(Trade(stamp, now, price, rng.randint(1, 500), side))
        sizes = rng.randint(1, 1_000), rng.randint(1, 1_000)
        events.append(BookTop(now, now, mid - 1, sizes[0], mid + 1, sizes[1]))
        steps_made.append(events)
    return steps_made


Feed = Callable[[Any, Any], object]


def _fill(adverse: AdverseSelection, e: BookTop) -> None:
    adverse.update(e.ts_recv, e.bid + e.ask)


TOPS: dict[str, tuple[Callable[[], Any], Feed]] = {
    "weighted mid": (
        lambda: None,
        lambda _, e: weighted_mid(e.bid, e.bid_size, e.ask, e.ask_size),
    ),
    "book imbalance": (lambda: None, lambda _, e: imbalance(e.bid_size, e.ask_size)),
    "microprice": (
        Microprice,
        lambda m, e: m.update(e.bid, e.bid_size, e.ask, e.ask_size),
    ),
    "regression microprice": (
        RegressionMicroprice,
        lambda r, e: r.update(e.ts_recv, e.bid + e.ask, (0.2, -0.1, 0.05)),
    ),
    "kalman": (
        KalmanPrice,
        lambda k, e: k.update(e.ts_recv, (e.bid, e.bid_size, e.ask, e.ask_size), 50.0),
    ),
    "order-flow imbalance": (
        lambda: OrderFlowImbalance(60.0),
        lambda o, e: o.update(e.ts_recv, (e.bid, e.bid_size, e.ask, e.ask_size)),
    ),
    "spread": (Spread, lambda s, e: s.update(e.ts_recv, e.bid, e.ask)),
    "adverse selection": (AdverseSelection, _fill),
    "realised volatility, bipower": (
        lambda: RealisedVolatility(300),
        lambda v, e: v.update(e.ts_recv, e.bid),
    ),
    "ewma volatility": (
        lambda: EwmaVolatility(60.0),
        lambda v, e: v.update(e.ts_recv, e.bid),
    ),
}


def _side(trade: Trade) -> int:
    return side_index(trade.aggressor)


TRADES: dict[str, tuple[Callable[[], Any], Feed]] = {
    "volume clock": (VolumeClock, lambda c, e: c.trade(e.ts_recv, e.size)),
    "recent buys and sells": (
        lambda: TradeFlow(60.0),
        lambda f, e: f.trade(e.ts_recv, _side(e), e.size),
    ),
    "vpin": (lambda: Vpin(2_500), lambda v, e: v.trade(_side(e), e.size)),
    "hawkes intensity": (HawkesIntensity, lambda h, e: h.arrive(e.ts_recv)),
    "cascade severity": (
        CascadeSeverity,
        lambda c, e: c.trade(e.ts_recv, (e.ts_event, _side(e)), e.size),
    ),
    "fill intensity": (
        lambda: FillIntensity(300.0, 0.2),
        lambda i, e: i.trade(e.ts_recv, (e.ts_event, _side(e)), e.price, 1_000_000),
    ),
    "queue position": (QueueTracker, lambda q, e: q.trade(_side(e), e.price, e.size)),
}


def _moved() -> RealisedVolatility:
    """With a window full of returns."""
    volatility = RealisedVolatility(300)
    for second in range(400):
        volatility.update(START + second * 10 * STEP_NS, 500_000 + second % 7)
    return volatility


def _busy() -> FillIntensity:
    """With a window full of orders."""
    rng, intensity = random.Random(3), FillIntensity(300.0, 0.2)
    for number in range(3_000):
        ts, price = START - 3_000 + number, 500_000 + int(rng.expovariate(1 / 100))
        intensity.trade(ts, (ts, 0), price, 1_000_000)
    return intensity


SECONDS: dict[str, tuple[Callable[[], Any], Feed]] = {
    "fill intensity, fit": (_busy, lambda i, e: i.refit(START + e.ts_recv % STEP_NS)),
    "regression, learning": (
        RegressionMicroprice,
        lambda r, e: r.update(e.ts_recv, e.bid + e.ask, (0.2, -0.1, 0.05)),
    ),
    "volume-clock volatility": (
        VolumeVolatility,
        lambda v, e: v.closed(e.ts_recv, 1, e.bid + e.ask),
    ),
    "jump ratio": (_moved, lambda v, _e: v.variation().jump_ratio),
    "volatility regimes": (
        lambda: None,
        lambda _, e: (level_of(e.bid_size), regime_of(e.bid_size, e.ask_size)),
    ),
    "depth monitor, 20 levels": (
        DepthMonitor,
        lambda d, e: d.sample(e.ts_recv, LEVELS, LEVELS, 500_000.0),
    ),
    "funding forecast": (lambda: FundingForecast(1.0), lambda f, e: f.at(e.ts_recv)),
    "queue position, 18 orders": (
        QueueTracker,
        lambda q, e: q.sample(ORDERS, lambda _side, _price: e.bid_size),
    ),
}
LEVELS = [(500_000 - n, 10 + n) for n in range(20)]
ORDERS = [TrackedOrder(n, n % 2, 500_000 + n, 10) for n in range(18)]


def percentile(spent: Sequence[int], share: float) -> float:
    ordered = sorted(spent)
    return max(ordered[int(share * len(ordered))] - TIMER_NS, 0) / 1e3


def timed(feed: Feed, target: Any, events: Sequence[Any]) -> list[int]:
    clock, spent = time.perf_counter_ns, []
    gc.collect()
    for event in events:
        before = clock()
        feed(target, event)
        spent.append(clock() - before)
    return spent


def _timer_ns() -> int:
    spent = sorted(timed(lambda _target, _event: None, None, range(20_000)))
    return spent[len(spent) // 2]


TIMER_NS = _timer_ns()


def each(steps: Sequence[Sequence[Event]]) -> dict[str, dict[str, float]]:
    """p50 and p99 of every estimator, per event of its kind."""
    tops = [step[-1] for step in steps]
    trades = [event for step in steps for event in step[:-1]]
    table = {}
    for kind, group, events in (
        ("top", TOPS, tops),
        ("trade", TRADES, trades),
        ("second", SECONDS, tops[::10]),
    ):
        for name, (make, feed) in group.items():
            spent = timed(feed, make(), events)
            table[f"{name}, a {kind}"] = _shares(spent)
    return table


def whole(steps: Sequence[Sequence[Event]]) -> dict[str, dict[str, float]]:
    """All of them as an engine feeds them: an event, and what a sample costs once a second."""
    place = Market()
    place.configure(PoolConfig(**COMMON, **EVERYTHING), 0, None)
    estimates = place.estimates
    assert estimates is not None
    spent: dict[str, list[int]] = {"event": [], "sample": []}
    clock = time.perf_counter_ns
    gc.collect()
    for number, step in enumerate(steps):
        for event in step:
            before = clock()
            if isinstance(event, Trade):
                estimates.on_trade(event, place.mid_x2)
                spent["event"].append(clock() - before)
                continue
            assert isinstance(event, BookTop)
            place.book.top(event)
            place.mid_x2 = event.bid + event.ask
            before = clock()
            estimates.on_book(place.book, 50.0)
            spent["event"].append(clock() - before)
            if number % 10 == 0:
                spent["sample"].append(_sampled(estimates, place, event))
    return {name: _shares(values) for name, values in spent.items()}


def _sampled(estimates: Estimates, place: Market, top: BookTop) -> int:
    now, fair = top.ts_recv, top.bid + 1.0
    before = time.perf_counter_ns()
    estimates.sample(now, place.book, ((now, fair), (now, fair)), None)
    return time.perf_counter_ns() - before


def turns(steps: Sequence[Sequence[Event]], **fields: object) -> dict[str, float]:
    """A turn of three members with three levels: trades, one top and what the venue answers."""
    engine = Engine(INSTRUMENT, PoolConfig(**COMMON, **fields))  # type: ignore[arg-type]
    engine.turn(START, [Operated(START, Command.ENABLE, "bench", "")])
    clock, spent = time.perf_counter_ns, []
    waiting: list[Event] = []
    rng = random.Random(1)
    gc.collect()
    for step in steps:
        now = step[-1].ts_recv
        events, waiting = [*step, *waiting], []
        before = clock()
        actions = engine.turn(now, events)
        spent.append(clock() - before)
        for action in actions:
            waiting += answers(action, now, rng)
    assert engine.tally.fills
    return _shares(spent)


def answers(action: object, now: int, rng: random.Random) -> list[Event]:
    if isinstance(action, Cancel):
        return [Canceled(now, now, action.order_id)]
    if not isinstance(action, Place):
        return []
    accepted: list[Event] = [Accepted(now, now, action.order_id)]
    if rng.random() < 0.05:
        order = (action.order_id, action.order_id, action.price, 1, 0)
        accepted.append(Filled(now, now, *order))
    return accepted


def _shares(spent: Sequence[int]) -> dict[str, float]:
    return {"p50_us": percentile(spent, 0.5), "p99_us": percentile(spent, 0.99)}


def measured(steps: int = STEPS) -> dict[str, Any]:
    made = market(steps)
    return {
        "each": each(made),
        "whole": whole(made),
        "turn": {"nothing on": turns(made), "everything on": turns(made, **EVERYTHING)},
    }


def show(result: dict[str, Any]) -> None:
    print("Estimates, microseconds          p50     p99")
    for name, sample in result["each"].items():
        print(f"  {name:<40} {sample['p50_us']:7.2f} {sample['p99_us']:7.2f}")
    for name, sample in result["whole"].items():
        print(f"  all of them, a {name:<25} {sample['p50_us']:7.2f} {sample['p99_us']:7.2f}")
    for name, sample in result["turn"].items():
        print(f"  a turn, {name:<32} {sample['p50_us']:7.2f} {sample['p99_us']:7.2f}")
    for what, limit, spent in _budgets(result):
        met = "met" if spent <= limit else "NOT MET"
        print(f"  budget {what}: {spent:.1f} of {limit:g} us at p50: {met}")


def _budgets(result: dict[str, Any]) -> list[tuple[str, float, float]]:
    return [
        ("all estimates, an event", EVENT_BUDGET_US, result["whole"]["event"]["p50_us"]),
        ("a turn, everything on", TURN_BUDGET_US, result["turn"]["everything on"]["p50_us"]),
    ]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench estimators", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--steps", type=int, default=STEPS, help="of a tenth of a second")
    options = parser.parse_args(arguments)
    result = measured(options.steps)
    if options.json:
        print(json.dumps(result))
        return 0
    show(result)
    return 0 if all(spent <= limit for _, limit, spent in _budgets(result)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
