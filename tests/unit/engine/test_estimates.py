"""From estimates to quotes: every term by itself, and all of them for readers only."""

import random
from decimal import Decimal

import pytest

from market_maker.engine.estimates import needs_trades
from market_maker.engine.estimates_report import estimates_of
from market_maker.estimators.adverse_selection import READY_FILLS
from market_maker.model.events import BookLost, BookSnapshot, BookTop, FundingPaid, Trade
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from market_maker.model.units import RATE_SCALE
from tests.unit.engine.desk import FAIR, Desk, member, pool

AS = {
    "strategy": "avellaneda_stoikov",
    "strategy_params": {"sigma_ref": 50.0},
    "gamma": Decimal("0.1"),
    "kappa": Decimal(2),
}
EVERYTHING = {
    "use_kappa": "estimated",
    "use_funding": True,
    "use_impact": True,
    "use_toxicity": True,
    "use_inventory_gamma": True,
    "use_cascade": True,
    "estimators": "all",
    "fair_price": "regression",
}


def trade(desk, depth_bps=0.0, size=10, side=Side.BUY):
    away = round(depth_bps * 10) * side.sign
    return Trade(desk.now, desk.now, FAIR + away, size, side)


def deep(desk, mean_bps, count, seed=1):
    """`count` seconds with a buyer and a seller each, as deep as the law says, `mean_bps` apart."""
    rng = random.Random(seed)
    for _ in range(count):
        sides = [(rng.expovariate(1 / mean_bps), side) for side in (Side.BUY, Side.SELL)]
        desk.step(*(trade(desk, depth, side=side) for depth, side in sides), ms=1000)
    return desk


def shown(desk):
    return {line.name: line for line in estimates_of(desk.engine.market)}


def test_nothing_is_fed_that_nothing_needs():
    desk = Desk().started()
    assert desk.engine.market.estimates is None
    lines = shown(desk)
    assert lines["vpin"].off
    assert lines["vpin"].value is None
    assert lines["sigma"].ready
    assert not needs_trades(pool())


TRADES = {"use_kappa": "estimated"}, {"use_cascade": True}, {"fair_price": "regression"}
READERS = {"estimators": "all"}, {"strategy": "smart", "strategy_params": {}}


@pytest.mark.parametrize("fields", [*TRADES, *READERS])
def test_these_need_trades(fields):
    assert needs_trades(pool(**fields))


def session(**fields):
    """Actions of a lively session; the same whatever is estimated, unless quotes depend on it."""
    desk = Desk(num_levels=2, **fields).started()
    rng, said = random.Random(3), []
    for number in range(300):
        if rng.random() < 0.3:
            bid = FAIR + rng.randint(-20, 20)
            desk.top = (bid, bid + rng.randint(1, 3))
        told = [trade(desk, rng.expovariate(0.5)) for _ in range(rng.randint(0, 3))]
        said.append(desk.step(*told, ms=rng.choice((1, 100, 250))))
        orders = desk.snapshot.orders
        if orders and number % 40 == 0:
            desk.answers.append(desk.fill(orders[0]))
    return desk, said


def test_all_estimates_for_readers_move_no_quote():
    plain, without = session()
    whole, with_all = session(estimators="all")
    assert without == with_all
    assert plain.engine.market.estimates is None
    assert not any(line.off for line in estimates_of(whole.engine.market))


def test_the_same_turns_give_the_same_estimates_with_everything_on():
    one, actions = session(**EVERYTHING)
    other, again = session(**EVERYTHING)
    assert actions == again
    assert one.snapshot.estimates == other.snapshot.estimates


def test_between_samples_nothing_a_strategy_sees_moves_but_the_position():
    desk = deep(Desk(**AS, **EVERYTHING), 3.0, 60)
    view = desk.engine.quoter._view()
    for _ in range(8):
        desk.step(trade(desk, 40.0, 500), ms=100)
        assert desk.engine.quoter._view() == view
    desk.step(ms=300)
    assert desk.engine.quoter._view() != view


# warm-up


def test_a_term_that_needs_trades_waits_for_the_documented_warm_up():
    desk = Desk(**AS, use_kappa="estimated").warm()
    desk.step(desk.operate(Command.ENABLE))
    assert desk.snapshot.bid.reason is Reason.WARMING_UP_TRADES
    assert desk.snapshot.warmup == (("trades", 0, 50), ("volume ticks", 0, 20))
    deep(desk, 3.0, 24)
    assert desk.snapshot.warmup == (("trades", 48, 50), ("volume ticks", 0, 20))
    deep(desk, 3.0, 100)
    assert desk.snapshot.warmup == (("volume ticks", 19, 20),)
    deep(desk, 3.0, 20)
    assert desk.snapshot.warmup == ()
    assert desk.snapshot.bid.quoting


@pytest.mark.parametrize("fields", [{"use_impact": True}, {"use_funding": True}])
def test_other_terms_do_not_wait_for_trades(fields):
    assert Desk(**AS, **fields).started().snapshot.bid.quoting


def test_the_wait_can_be_turned_off():
    desk = Desk(**AS, use_kappa="estimated", warmup_trades=0, warmup_volume_ticks=0).started()
    assert desk.snapshot.bid.quoting


# fill intensity


def test_deeper_arrivals_make_wider_quotes():
    def spread(mean_bps):
        desk = Desk(**AS, use_kappa="estimated").warm()
        desk.step(desk.operate(Command.ENABLE))
        deep(desk, mean_bps, 260).step()
        assert desk.snapshot.fit.usable
        return desk.snapshot.spread_bps

    assert spread(1.0) < spread(6.0) < spread(20.0)


def test_data_that_do_not_fit_leave_the_prior_in_force():
    desk = Desk(**AS, use_kappa="estimated", warmup_trades=0, warmup_volume_ticks=0).started()
    configured = desk.snapshot.spread_bps
    for _ in range(40):
        desk.step(ms=1000)
    assert desk.snapshot.spread_bps == pytest.approx(configured, rel=1e-3)
    assert not desk.snapshot.fit.usable


def test_without_a_prior_it_waits_for_a_fit_and_stops_when_that_is_lost():
    fields = {"use_kappa": "estimated_only", "vol_lookback_seconds": 60}
    desk = Desk(**AS, **fields, warmup_trades=0, warmup_volume_ticks=0).warm()
    desk.step(desk.operate(Command.ENABLE))
    assert desk.snapshot.warmup == (("fits of fill intensity", 0, 1),)
    deep(desk, 3.0, 60)
    desk.step()
    assert desk.snapshot.bid.quoting
    for _ in range(50):
        desk.step(ms=1000)
    assert desk.snapshot.bid.reason is not Reason.FIT  # the last good one still stands
    for _ in range(90):
        desk.step(ms=1000)
    assert desk.snapshot.bid.reason is Reason.FIT
    assert not desk.snapshot.orders
    deep(desk, 3.0, 60)
    desk.step()
    assert desk.snapshot.bid.quoting


def test_while_the_book_is_unknown_no_depth_is_measured_from_the_last_mid():
    desk = Desk(**AS, use_kappa="estimated", use_impact=True).started()
    desk.turn(BookLost(desk.now, "gap"))
    for _ in range(5):
        desk.turn(trade(desk, 50.0), ms=100)
    assert shown(desk)["kappa_hat"].count == 0
    assert shown(desk)["volume_clock"].count == 0
    desk.step(ms=1100)
    desk.step(trade(desk, 5.0))
    desk.step(ms=1100)
    assert shown(desk)["kappa_hat"].count == 1


# drift and impact


def middle(desk):
    return desk.snapshot.shift_bps


@pytest.mark.parametrize("rate", [-80, 80])
def test_who_pays_funding_leans_away_from_paying(rate):
    desk = Desk(**AS, use_funding=True).started()
    assert middle(desk) == 0.0
    paid = FundingPaid(desk.now, desk.now, rate * RATE_SCALE // 10_000, FAIR)
    desk.step(paid, ms=1100)
    desk.step(ms=100)
    # 80 bps over eight hours are 10 an hour, for the horizon of one hour.
    assert middle(desk) == pytest.approx(rate / 8, rel=1e-2)
    assert shown(desk)["funding"].value == pytest.approx(rate / 8, rel=1e-2)


def test_funding_moves_nothing_while_its_term_is_off():
    desk = Desk(**AS, estimators="all").started()
    desk.step(FundingPaid(desk.now, desk.now, 10**6, FAIR), ms=1100)
    desk.step()
    assert shown(desk)["funding"].value == pytest.approx(100 / 8)
    assert middle(desk) == 0.0


def test_fills_that_lose_widen_the_quotes_by_half_of_that_on_each_side():
    desk = Desk(**AS, use_impact=True, use_inventory_gamma=False).started()
    before = desk.snapshot.spread_bps
    for number in range(3 * READY_FILLS):
        bids = [order for order in desk.snapshot.orders if order.side is Side.BUY]
        asks = [order for order in desk.snapshot.orders if order.side is Side.SELL]
        side, falls = (bids, 20) if number % 2 == 0 else (asks, 0)
        desk.step(desk.fill(side[0], size=1, trade_id=number), ms=100)
        desk.top = (FAIR - 1 - falls, FAIR + 1 - falls)
        desk.step(ms=100)
        for _ in range(2):
            desk.step(ms=1000)
    impact = shown(desk)["adverse_selection"].value
    assert impact == pytest.approx(2.0, rel=0.1)
    calm = Desk(**AS).started()
    assert before == pytest.approx(calm.snapshot.spread_bps)
    wider = desk.snapshot.spread_bps - before
    assert wider > 0.8 * impact


# factors on gamma


def gamma_scale(desk):
    return desk.engine.quoter._view().gamma_scale


def test_jumps_raise_gamma_and_are_published():
    desk = Desk(**AS, use_toxicity=True, vol_lookback_seconds=60)
    for number in range(40):
        away = number % 3 + (300 if number >= 30 else 0)
        desk.top = (FAIR - 1 + away, FAIR + 1 + away)
        desk.step(ms=1000)
    factor = shown(desk)["toxicity_factor"].value
    assert 1.0 < factor <= 2.0
    assert gamma_scale(desk) == pytest.approx(factor)
    assert shown(desk)["jump_ratio"].value > 3.0


def test_inventory_raises_gamma_with_its_square():
    rich = {"max_pool_position_usdt": 1000, "members": (member(limit=1000),)}
    desk = Desk(**AS, use_inventory_gamma=True, **rich).started()
    order = desk.snapshot.orders[0]
    desk.step(desk.fill(order))
    q_hat = desk.engine.quoter._view().q_hat
    assert abs(q_hat) > 0.4
    assert gamma_scale(desk) == pytest.approx(1.0 + q_hat**2)
    assert shown(desk)["inventory_factor"].value == pytest.approx(1.0 + q_hat**2)


def usual(desk, seconds=150):
    """Orders of ten lots, one a second, until severity knows what is usual."""
    for _ in range(seconds):
        desk.step(trade(desk), ms=1000)
    return desk


def sweeps(desk, count):
    for _ in range(count):
        desk.step(trade(desk, 1.0, 100), ms=1)
    desk.step(ms=1000)


def test_a_cascade_first_raises_gamma_then_pulls_and_then_halts():
    desk = Desk(**AS, use_cascade=True, warmup_trades=0, warmup_volume_ticks=0).started()
    usual(desk)
    assert gamma_scale(desk) == 1.0
    sweeps(desk, 2)
    assert gamma_scale(desk) == 1.5
    assert desk.snapshot.bid.quoting
    sweeps(desk, 4)
    desk.step()
    assert gamma_scale(desk) == 2.5
    assert shown(desk)["tail_factor"].value == 2.5
    sweeps(desk, 6)
    desk.step()
    assert desk.snapshot.bid.reason is Reason.CASCADE
    sweeps(desk, 40)
    assert desk.engine.state is PoolState.HALTED
    assert "cascade" in desk.engine.state_reason


def test_a_cascade_moves_nothing_while_its_term_is_off():
    desk = usual(Desk(**AS, estimators="all").started())
    sweeps(desk, 60)
    assert shown(desk)["cascade_severity"].value > 0.95
    assert gamma_scale(desk) == 1.0
    assert desk.engine.state is PoolState.ACTIVE


# fair


def test_fair_lies_between_the_best_prices_of_this_very_book():
    desk = Desk(fair_price="kalman", warmup_trades=0, warmup_volume_ticks=0).started()
    rng = random.Random(1)
    for _ in range(400):
        bid = FAIR + rng.randint(-30, 30)
        desk.top = (bid, bid + rng.randint(1, 9))
        desk.step(trade(desk), ms=1000)
        assert desk.top[0] <= desk.engine.market.fair <= desk.top[1]


def test_fair_follows_a_book_that_changes_twice_at_one_moment():
    desk = Desk(fair_price="kalman").started()
    for bid in (FAIR, FAIR + 500):
        desk.turn(BookTop(desk.now, desk.now, bid, 5, bid + 2, 5), ms=0)
        assert bid <= desk.engine.market.fair <= bid + 2


# configuration


def test_a_new_configuration_keeps_what_it_still_needs():
    desk = deep(Desk(**AS, use_kappa="estimated").warm(), 3.0, 60)
    orders = desk.snapshot.fit.orders
    desk.step(desk.configure(**AS, use_kappa="estimated", use_cascade=True))
    assert desk.snapshot.fit.orders == orders
    desk.step(desk.configure(**AS, use_kappa="estimated", tau=2, vol_lookback_seconds=600))
    assert desk.snapshot.fit.orders == orders
    desk.step(desk.configure(**{**AS, "kappa": 3}, use_kappa="estimated"))
    assert not desk.snapshot.fit.orders


def test_terms_that_are_turned_off_leave_nothing_behind():
    desk = Desk(**AS, use_cascade=True, warmup_trades=0, warmup_volume_ticks=0).started()
    sweeps(usual(desk), 2)
    assert gamma_scale(desk) == 1.5
    desk.step(desk.configure(**AS))
    desk.step()
    assert desk.engine.market.estimates is None
    assert gamma_scale(desk) == 1.0
    assert desk.engine.market.severity == 0.0


def test_terms_that_are_turned_on_count_from_the_next_turn():
    desk = Desk(**AS).started()
    desk.step(desk.configure(**AS, use_inventory_gamma=True))
    assert desk.snapshot.bid.quoting
    desk.step(desk.configure(**AS, use_cascade=True))
    assert desk.snapshot.bid.reason is Reason.WARMING_UP_TRADES


# what the smart strategy reads


def test_smart_sees_pressure_flow_and_depth():
    desk = Desk(strategy="smart", strategy_params={}).started()
    bids = tuple((FAIR - 1 - i, 30) for i in range(9))
    asks = tuple((FAIR + 1 + i, 10) for i in range(9))
    for _ in range(30):
        desk.turn(
            BookSnapshot(desk.now, desk.now, 1, bids, asks),
            trade(desk, side=Side.SELL, size=7),
            ms=100,
        )
    view = desk.engine.quoter._view()
    assert view.pressure == pytest.approx(0.5)
    assert (view.buys, view.sells) == (0.0, 7.0 * 27)
    # 500 USDT at 10,000 are 50 lots.
    assert (view.bid_depth, view.ask_depth) == (pytest.approx(0.6), pytest.approx(0.2))


def test_live_orders_are_followed_in_their_queues():
    close = {"strategy_params": {"half_spread_bps": 0.1}, "min_spread_bps": 0}
    desk = Desk(estimators="all", **close).started()
    desk.step(ms=1100)
    front = shown(desk)["queue_ahead"]
    assert front.ready
    assert front.value == max(10 - desk.snapshot.orders[0].leaves, 0)
