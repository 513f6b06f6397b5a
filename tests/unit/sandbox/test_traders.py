import math
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import FeeSchedule, Instrument
from market_maker.model.orders import Side
from market_maker.sandbox.fundamental import Fundamental
from market_maker.sandbox.hawkes import HawkesArrivals
from market_maker.sandbox.matching import Matching
from market_maker.sandbox.parameters import TraderParameters
from market_maker.sandbox.reports import CancelOrder, NewOrder, OrderKind
from market_maker.sandbox.traders import (
    DepthProvider,
    InformedTaker,
    MomentumTaker,
    NoiseQuoter,
    NoiseTaker,
    Scene,
    TraderAccount,
)

BTC = Instrument("BTCUSDT-PERP", Decimal("0.1"), Decimal("0.001"), Decimal(100))
KNOWN = TraderParameters()
SECOND = 1_000_000_000
FAIR = 1_000_000.0


def desk(seed=1, instrument=BTC):
    return TraderAccount("test", instrument, Random(seed))


def quoted(bid, ask, size=1_000):
    matching = Matching(BTC, FeeSchedule())
    matching.submit(NewOrder("other", 1, Side.BUY, bid, size))
    matching.submit(NewOrder("other", 2, Side.SELL, ask, size))
    return matching


def scene(bid=999_999, ask=1_000_001, fair=FAIR, now=0, value=None):
    return Scene(quoted(bid, ask), now, fair, fair if value is None else value)


# Hawkes arrivals


def waits(rate, branching, decay, count, seed=1):
    arrivals, rng = HawkesArrivals(rate, branching, decay), Random(seed)
    return [arrivals.wait_s(rng) for _ in range(count)]


@pytest.mark.parametrize(("branching", "decay"), [(0.0, 1.0), (0.5, 2.0), (0.8, 5.0)])
def test_hawkes_arrivals_come_at_their_stationary_rate(branching, decay):
    count = 40_000
    mean = sum(waits(3.0, branching, decay, count)) / count
    # the count's variance is rate / (1 - n)^2 per second: 4 standard errors
    assert mean == pytest.approx(1 / 3.0, rel=4 / (1 - branching) / math.sqrt(count))


def test_hawkes_waits_measured_in_their_own_intensity_are_unit_exponentials():
    rate, branching, decay, count = 2.0, 0.7, 3.0, 30_000
    base, jump = rate * (1 - branching), branching * decay
    excited, residuals = 0.0, []
    for wait in waits(rate, branching, decay, count):
        fades = math.exp(-decay * wait)
        residuals.append(base * wait + excited / decay * (1 - fades))
        excited = excited * fades + jump
    mean = sum(residuals) / count
    variance = sum((r - mean) ** 2 for r in residuals) / count
    assert mean == pytest.approx(1, abs=4 / math.sqrt(count))
    assert variance == pytest.approx(1, abs=4 * math.sqrt(8 / count))
    below_half = sum(r < 0.5 for r in residuals) / count
    assert below_half == pytest.approx(1 - math.exp(-0.5), abs=0.012)


@pytest.mark.parametrize(
    ("rate", "branching", "decay"), [(0, 0.5, 1), (1, 1.0, 1), (1, -0.1, 1), (1, 0.5, 0)]
)
def test_hawkes_refuses_a_process_without_a_stationary_rate(rate, branching, decay):
    with pytest.raises(InvalidFieldError):
        HawkesArrivals(rate, branching, decay)


# the fundamental value


def test_the_fundamental_moves_by_its_volatility_and_its_jumps():
    known = TraderParameters(
        sigma_calm_bps=40.0, sigma_stormy_bps=40.0, jumps_per_hour=4.0, jump_bps=6.0
    )
    value = Fundamental(known, FAIR, 0, Random(5))
    levels = [value.at(second * SECOND)[1] for second in range(40 * 3_600)]
    moves = [1e4 * math.log(b / a) for a, b in pairwise(levels)]
    realised = math.sqrt(sum(move**2 for move in moves) / 40)
    assert realised == pytest.approx(math.sqrt(40**2 + 4 * 6**2), rel=0.05)


def test_the_public_learns_of_a_gap_its_share_in_each_time_constant():
    known = TraderParameters(
        sigma_calm_bps=40.0, sigma_stormy_bps=40.0, jumps_per_hour=1e-9, news_s=10.0
    )
    value = Fundamental(known, FAIR, 0, Random(5))
    steps = [value.at(second * SECOND) for second in range(20_000)]
    share = 1 - math.exp(-1 / 10)
    for (before, _), (after, true) in pairwise(steps):
        assert after == pytest.approx(before + share * (true - before), rel=1e-12)
    gaps = [1e4 * (true / public - 1) for public, true in steps]
    spread = math.sqrt(sum(gap**2 for gap in gaps) / len(gaps))
    assert spread == pytest.approx(40 / 60 * math.sqrt(10 / 2), rel=0.1)


def test_the_fundamental_is_stormy_for_its_share_of_the_time():
    known = TraderParameters(calm_s=60.0, stormy_s=20.0)
    value = Fundamental(known, FAIR, 0, Random(5))
    stormy = 0
    for second in range(100_000):
        value.at(second * SECOND)
        stormy += value.stormy
    assert stormy / 100_000 == pytest.approx(0.25, abs=0.03)


# traders


@pytest.mark.parametrize("tick", ["0.1", "25"])
def test_an_order_has_the_minimum_notional_and_a_price_on_its_own_side(tick):
    instrument = Instrument("TEST", Decimal(tick), Decimal("0.001"), Decimal(100))
    trader = desk(instrument=instrument)
    for side in Side:
        for price in (0.2, 3.7, 4_000.5):
            order = trader.order(side, price, 0.001, OrderKind.LIMIT)
            assert instrument.notional(order.price, order.size) >= 100
            assert order.price == 1 or (price - order.price) * side.sign >= 0


def test_depth_providers_never_take_and_keep_to_their_number_of_orders():
    trader, world = DepthProvider(desk(), KNOWN), scene()
    for _ in range(40):
        for request in trader.act(world):
            assert not world.matching.apply(request).trades
    sides = [order.side for order in world.matching.open_orders("~test")]
    assert [sides.count(side) for side in Side] == [KNOWN.depth_orders] * 2


def test_depth_providers_follow_the_fundamental():
    trader, world = DepthProvider(desk(), KNOWN), Scene(Matching(BTC, FeeSchedule()), 0, FAIR, FAIR)
    for fair in (FAIR, FAIR * 1.001):
        world.fair_ticks = fair
        for _ in range(200):
            for request in trader.act(world):
                world.matching.apply(request)
        assert world.mid_ticks() == pytest.approx(fair, rel=0.5e-4)


@pytest.mark.parametrize(("fair", "side"), [(1.0002, Side.BUY), (0.9998, Side.SELL)])
def test_informed_takers_take_only_what_is_on_the_wrong_side_of_the_fundamental(fair, side):
    trader = InformedTaker(desk(), KNOWN)
    (order,) = trader.act(scene(value=FAIR * fair))
    assert order.side is side
    assert order.kind is OrderKind.IOC
    edge_bps = side.sign * (fair * FAIR - order.price) / FAIR * 1e4
    assert edge_bps >= KNOWN.informed_edge_bps * 0.999
    assert not list(trader.act(scene(fair=FAIR * fair, value=FAIR)))


def test_momentum_takers_buy_what_has_risen_and_sell_what_has_fallen():
    for factor, side in ((1.0005, Side.BUY), (0.9995, Side.SELL)):
        trader = MomentumTaker(desk(), KNOWN)
        assert not list(trader.act(scene()))
        moved = round(FAIR * factor)
        (order,) = trader.act(scene(bid=moved - 1, ask=moved + 1, now=SECOND))
        assert order.side is side
        assert not list(trader.act(scene(bid=moved - 1, ask=moved + 1, now=600 * SECOND)))


def test_noise_takers_keep_to_their_side_and_their_slippage():
    for side in Side:
        trader = NoiseTaker(desk(), side, KNOWN)
        for _ in range(100):
            (order,) = trader.act(scene())
            assert order.side is side
            slippage = side.sign * (order.price - FAIR) / FAIR * 1e4
            assert 0 < slippage < KNOWN.noise_slippage_bps * 1.001


@pytest.mark.parametrize("gap_bps", [0.2, 1.0])
def test_noise_takers_withhold_more_the_further_the_value_is_on_their_wrong_side(gap_bps):
    sent = {}
    for side in Side:
        trader = NoiseTaker(desk(), side, KNOWN)
        world = scene(value=FAIR * (1 + gap_bps / 1e4))
        sent[side] = sum(len(list(trader.act(world))) for _ in range(2_000)) / 2_000
    assert sent[Side.BUY] == 1.0
    assert sent[Side.SELL] == pytest.approx(math.exp(-KNOWN.noise_insight * gap_bps), abs=0.04)


def test_noise_quoters_stay_near_the_touch_and_cancel_their_oldest():
    trader, world = NoiseQuoter(desk(), KNOWN), scene(bid=999_990, ask=1_000_010)
    cancelled = 0
    for _ in range(100):
        for request in trader.act(world):
            cancelled += isinstance(request, CancelOrder)
            assert not world.matching.apply(request).trades
    assert cancelled > 50
    assert len(world.matching.open_orders("~test")) <= KNOWN.noise_quotes_open


def test_takers_do_nothing_on_an_empty_book():
    empty = Scene(Matching(BTC, FeeSchedule()), 0, FAIR, FAIR)
    for trader in (
        NoiseTaker(desk(), Side.BUY, KNOWN),
        NoiseQuoter(desk(), KNOWN),
        InformedTaker(desk(), KNOWN),
        MomentumTaker(desk(), KNOWN),
    ):
        assert not list(trader.act(empty))


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_price": 0.0},
        {"sigma_calm_bps": float("nan")},
        {"noise_branching": 1.0},
        {"depth_orders": -1},
        {"depth_distance_min_bps": 50.0},
        {"depth_attention": 1.5},
    ],
)
def test_parameters_that_make_no_market_are_refused_by_name(wrong):
    with pytest.raises(InvalidFieldError) as refused:
        TraderParameters(**wrong)
    assert refused.value.field in wrong
