"""What the engine keeps instead of working it out again is what it would have worked out."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.engine.engine import HANDLERS, Engine
from market_maker.model.events import (
    BookTop,
    Configured,
    Event,
    ExposureTold,
    FillFound,
    MarkPrice,
    Operated,
    Trade,
)
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from tests.examples import examples
from tests.unit.engine.desk import FAIR, INSTRUMENT, MS, Desk, cancels, member, pool, states
from tests.unit.engine.test_everything_on import FAIR_PRICES, PARAMETERS, everything
from tests.unit.engine.test_random_venue import BASE, World

TIGHT = {
    **BASE,
    "max_pool_position_usdt": 400,
    "max_pool_loss_usdt": 4,
    "members": tuple(member(name, weight, 250, 1) for name, weight in (("ann", 60), ("bob", 40))),
}
AS = {"strategy": "avellaneda_stoikov", "strategy_params": {}, "gamma": 1}
FEATURES = {
    "plain": {},
    "every turn quotes": {"quote_interval_ms": 1, "price_threshold_bps": 5},
    "a slow interval": {"quote_interval_ms": 700, **AS, "price_threshold_bps": 0},
    "balance": {"balance": True, "rebalance_threshold_pct": 1},
    "obligation": {"target_spread_bps": 7, "target_uptime_pct": 60, **AS},
    "drawdown": {"max_drawdown_pct": 1, "capital_usdt": 300},
    "lag": {"max_consumer_lag_ms": 40},
    "counting guards": {"fills_in_window_max": 8, "rate_limit_errors_max": 2},
    "microprice": {"fair_price": "microprice", "price_threshold_bps": 0},
    "skewed": AS,
    "reacts": {"react": True, "quote_interval_ms": 700},
    "exposed": {
        "strategy_params": {"half_spread_bps": 0.3},
        "min_spread_bps": 0.3,
        "price_threshold_bps": 10,
        "quote_interval_ms": 400,
    },
    "room": {"strategy_params": {"half_spread_bps": 40}, "price_threshold_bps": 20},
}


class Calm(World):
    """A market that drifts, by as little as a tick, now and then trades and seldom jumps."""

    def __init__(self, seed, trouble, marks=0.0):
        super().__init__(seed, trouble, marks)
        self.drift = self.rng.choice((-15, -4, -1, 0, 1, 4, 15))

    def tick(self):
        rng = self.rng
        self.now += rng.randint(1, 120) * MS
        self.mid += rng.choice((0, 0, 0, self.drift, self.drift, 3 * self.drift, -1, 1))
        if rng.random() < 0.01:
            self.mid += rng.choice((-40, 40))
        now, stamp = self.now, self.now - rng.choice((0, 0, 0, 0, 0, 90)) * MS
        size = rng.choice((10, 10, 10, 11, 30))
        events = self.venue.advance(now, self.mid - 1, self.mid + 1)
        events.append(BookTop(stamp, stamp, self.mid - 1, size, self.mid + 1, 10))
        if rng.random() < 0.03:
            others = rng.choice((0, 0, 0, 10**6, 10**8))
            reserved = others + rng.choice((0, 2, 4, 5)) * 10**6
            events.append(ExposureTold(now, rng.choice((0, 5 * 10**6)), others, reserved))
        if rng.random() < 0.01:
            ids, side = (10**6 + self.seq, self.seq), rng.choice(list(Side))
            owner, self.seq = rng.choice(("ann", "bob")), self.seq + 1
            events.append(FillFound(now, now, *ids, owner, side, 0, self.mid, 40, 0))
        if rng.random() < self.marks:
            events.append(MarkPrice(now, now, self.mid + rng.randint(-60, 60)))
        return events


def compare(config, world, turns=300, extra=None):
    """The same turns for an engine that keeps results and for one that keeps none."""
    keeps, works = Engine(INSTRUMENT, config), Engine(INSTRUMENT, config)
    for number in range(turns):
        events = [event for event in world.tick() if not isinstance(event, Configured)]
        if extra is not None:
            events += extra(world)
        if number % 100 == 30:
            events.append(Operated(world.now, Command.ENABLE, "op", "start"))
            events.append(Operated(world.now, Command.RESUME, "op", "go on"))
        if number == 190 and world.rng.random() < 0.5:
            events.append(Configured(world.now, msgspec.structs.replace(config, version=2)))
        works.cache.invalidate()
        actions = keeps.turn(world.now, events)
        assert actions == works.turn(world.now, events)
        assert keeps.reconciler.reasons == works.reconciler.reasons
        assert keeps.ladder.prices == works.ladder.prices
        world.venue.send(world.now, actions)
    assert keeps.snapshot() == works.snapshot()


@pytest.mark.parametrize("feature", FEATURES)
@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 2**32), trouble=st.sampled_from([0.0, 0.1]))
def test_actions_are_equal_with_and_without_what_is_kept(feature, seed, trouble):
    compare(pool(**{**TIGHT, **FEATURES[feature]}), Calm(seed, trouble))


@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 2**32), trouble=st.sampled_from([0.1, 0.5]))
def test_actions_are_equal_whatever_goes_wrong(seed, trouble):
    compare(pool(**BASE), World(seed, trouble, 0.02))


@pytest.mark.parametrize("name", PARAMETERS)
@settings(max_examples=examples(4), deadline=None)
@given(
    seed=st.integers(0, 2**32),
    fair_price=st.sampled_from(FAIR_PRICES),
    use_kappa=st.sampled_from(("estimated", "estimated_only")),
)
def test_actions_are_equal_with_every_estimate_on(name, seed, fair_price, use_kappa):
    config = everything(name, fair_price, use_kappa)
    compare(config, Calm(seed, 0.1), turns=160, extra=news)


def news(world) -> list[Event]:
    """Trades, some of them large."""
    rng, now = world.rng, world.now
    if rng.random() > 0.3:
        return []
    return [Trade(now, now, world.mid, rng.choice((1, 5_000)), rng.choice(list(Side)))]


def test_most_turns_of_a_calm_market_are_kept():
    world = World(7, 0.0, 0.0)
    world.tick = list
    desk = Desk(price_threshold_bps=5).started()
    held = 0
    for _ in range(100):
        desk.step(ms=10)
        held += desk.engine.cache.turn_kept()
    assert held > 80


def test_an_order_that_outgrows_the_limit_as_the_price_rises_goes_although_prices_hold():
    wide = {"strategy_params": {"half_spread_bps": 40}, "price_threshold_bps": 19}
    desk = Desk(**wide, max_pool_position_usdt=510.5, members=(member(limit=510.5),)).started()
    bid = desk.order(Side.BUY)
    for _ in range(3):
        assert cancels(desk.step()) == []
    desk.top = (desk.top[0] + 90, desk.top[1] + 90)  # 9 bps: within the threshold
    assert bid.order_id in cancels(desk.step())
    assert desk.reasons[0] is Reason.WORST_CASE


def test_a_fill_that_was_found_takes_the_room_of_orders_that_rest():
    desk = Desk(max_pool_position_usdt=1_000, members=(member(limit=1_000),)).started()
    bid = desk.order(Side.BUY)
    desk.step(desk.found(Side.BUY, 60))
    desk.step()
    desk.step()
    assert bid.order_id not in {order.order_id for order in desk.orders}
    assert desk.order(Side.BUY).size + 60 <= 98


def test_an_event_that_came_late_halts_a_pool_that_keeps_still():
    """The lag is none of the things that prices or orders show."""
    desk = Desk(price_threshold_bps=5, max_consumer_lag_ms=500, check_staleness=False).started()
    for _ in range(5):
        desk.step(ms=100)
    assert desk.engine.cache.turn_kept()
    desk.now += MS
    late = desk.book(stamp=desk.now - 600 * MS)
    actions = desk.engine.turn(desk.now, [late])
    assert states(actions) == [(PoolState.HALTED, "guard", "consumer lag")]
    assert len(cancels(actions)) == 2


def test_an_unknown_kind_of_event_is_an_error_and_every_known_one_has_its_handler():
    kinds = set(Event.__args__)
    assert set(HANDLERS) == kinds
    with pytest.raises(KeyError):
        Engine(INSTRUMENT, pool()).turn(FAIR, [object()])
