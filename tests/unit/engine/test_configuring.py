from decimal import Decimal

import pytest

from market_maker.engine.engine import Engine
from market_maker.model.errors import InvalidFieldError
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from tests.unit.engine.desk import FAIR, INSTRUMENT, Desk, cancels, member, places, pool, refusals


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"symbol": "ETHUSDT"}, "symbol"),
        ({"strategy": "hope"}, "strategy"),
        ({"strategy_params": {"half_spread": 5}}, "strategy_params.half_spread"),
        ({"strategy_params": {}}, "strategy_params.half_spread_bps"),
        ({"strategy_params": {"half_spread_bps": float("nan")}}, "strategy_params.half_spread_bps"),
        (
            {"order_size_usdt": "0.00001", "max_pool_position_usdt": "0.00001", "members": ()},
            "max_pool_position_usdt",
        ),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused_whole(fields, field):
    fields = {k: Decimal(v) if k.endswith("usdt") else v for k, v in fields.items()}
    with pytest.raises(InvalidFieldError) as refused:
        Engine(INSTRUMENT, pool(**fields))
    assert refused.value.field == field
    desk = Desk(num_levels=2).started()
    engine = desk.engine
    before = (desk.orders, engine.terms, engine.config, engine.ladder.version, desk.reasons)
    actions = desk.step(desk.configure(version=2, gamma=3, num_levels=1, **fields))
    assert len(refusals(actions)) == 1
    assert refusals(actions)[0].startswith(f"{field}: ")
    assert (cancels(actions), places(actions)) == ([], [])
    after = (desk.orders, engine.terms, engine.config, engine.ladder.version, desk.reasons)
    assert after == before
    assert engine.market.warm


def test_fewer_levels_cancel_the_outer_ones_and_keep_the_rest():
    desk = Desk(num_levels=3).started()
    assert len(desk.orders) == 6
    actions = desk.step(desk.configure(num_levels=1))
    assert len(cancels(actions)) == 4
    assert places(actions) == []
    desk.step()
    assert [(o.side, o.level) for o in desk.orders] == [(Side.BUY, 0), (Side.SELL, 0)]


def test_more_levels_add_orders_and_touch_no_other():
    desk = Desk().started()
    kept = desk.orders
    actions = desk.step(desk.configure(num_levels=3, level_spacing_bps=5))
    assert cancels(actions) == []
    assert [(p.level, p.price) for p in places(actions) if p.side is Side.BUY] == [
        (1, FAIR - 100),
        (2, FAIR - 150),
    ]
    assert desk.orders[:2] == kept


def test_a_wider_spread_moves_both_sides_on_the_next_turn():
    desk = Desk(quote_interval_ms=10_000).started()
    wide = desk.configure(strategy_params={"half_spread_bps": 10.0}, quote_interval_ms=10_000)
    assert len(cancels(desk.step(wide))) == 2
    desk.step(ms=10_000)
    assert (desk.order(Side.BUY).price, desk.order(Side.SELL).price) == (FAIR - 100, FAIR + 100)


def test_another_strategy_takes_over_on_the_fly():
    desk = Desk(min_spread_bps=2).started()
    desk.step(desk.configure(strategy="avellaneda_stoikov", strategy_params={}, min_spread_bps=2))
    for _ in range(3):
        desk.step()
    assert desk.snapshot.bid.quoting
    assert FAIR - 50 < desk.order(Side.BUY).price < FAIR, "a calm market is quoted tighter"


def test_new_weights_are_quoted_with_the_next_price_at_the_latest():
    desk = Desk(members=(member("ann", 50), member("bob", 50))).started()
    desk.step(desk.configure(members=(member("ann", 80), member("bob", 20))))
    desk.step(desk.book(FAIR - 3, FAIR - 1))
    for _ in range(3):
        desk.step()
    bids = {o.member: o.size for o in desk.orders if o.side is Side.BUY}
    assert bids == {"ann": 40, "bob": 10}


def test_a_smaller_limit_is_in_force_at_once():
    desk = Desk(members=(member(limit=50_000),)).started()
    desk.step(desk.configure(members=(member(limit=200),)))
    for _ in range(3):
        desk.step()
    assert desk.order(Side.BUY).size == 20


def test_estimates_that_a_change_does_not_touch_are_kept():
    desk = Desk().started()
    desk.step(desk.configure(gamma=2, num_levels=2))
    assert desk.snapshot.bid.quoting


@pytest.mark.parametrize(
    "change",
    [
        {"vol_lookback_seconds": 60},
        {"vol_lookback_seconds": 900},
        {"volatility": "ewma", "ewma_half_life_seconds": 5},
        {"volatility": "ewma", "vol_lookback_seconds": 60},
    ],
)
def test_another_window_of_volatility_keeps_the_samples_and_the_quotes(change):
    kind = {"volatility": change.get("volatility", "realised")}
    desk = Desk(warmup_samples=4, **kind).started()
    before = desk.snapshot.samples[0]
    actions = desk.step(desk.configure(warmup_samples=4, **change))
    assert cancels(actions) == []
    assert desk.snapshot.samples[0] >= before
    assert desk.reasons == (Reason.QUOTING, Reason.QUOTING)


@pytest.mark.parametrize(("kind", "other"), [("realised", "ewma"), ("ewma", "realised")])
def test_another_kind_of_volatility_begins_with_what_was_seen_and_keeps_the_quotes(kind, other):
    desk = Desk(warmup_samples=20, volatility=kind).started()
    for number in range(30):
        desk.top = (FAIR - 1 + number % 3, FAIR + 1 + number % 3)
        desk.step(ms=1000)
    before, seen = desk.engine.market.sigma, desk.snapshot.samples[0]
    actions = desk.step(desk.configure(warmup_samples=20, volatility=other))
    assert cancels(actions) == []
    assert desk.snapshot.samples[0] >= seen
    assert desk.engine.market.sigma == pytest.approx(before, rel=0.2)
    for _ in range(5):
        desk.step(ms=1000)
        assert desk.reasons == (Reason.QUOTING, Reason.QUOTING)


def test_a_shorter_window_holds_the_latest_samples_only():
    desk = Desk(warmup_samples=2).started()
    for _ in range(10):
        desk.step(ms=1000)
    desk.step(desk.configure(vol_lookback_seconds=10))
    assert desk.snapshot.samples == (10, 2)
    assert desk.engine.market.warm


def test_the_snapshot_shows_the_version_in_force():
    desk = Desk().started()
    desk.step(desk.configure(version=7))
    assert desk.snapshot.config_version == 7
    assert desk.step(desk.operate(Command.PAUSE))
