"""What a pool owes: the venue its uptime and spread, its members an edge, and a person an answer
why a configuration can never place an order."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.terms import terms_of
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from market_maker.operations.feasibility import check_pool
from tests.unit.engine.desk import FAIR, INSTRUMENT, Desk, member, pool

WIDE = {"strategy_params": {"half_spread_bps": 20.0}}


def charging(bps):
    return msgspec.structs.replace(INSTRUMENT, maker_fee_bps=Decimal(str(bps)))


def distances(desk):
    """Of our best orders from fair, ticks."""
    return FAIR - desk.order(Side.BUY).price, desk.order(Side.SELL).price - FAIR


# ---------------------------------------------------------------------------------- the edge


@pytest.mark.parametrize(
    ("fee", "edge", "expected"),
    [(0, 7, 70), (2, 7, 90), (-2, 7, 50), (-9, 7, 50), (0, 0, 50), (2, 0, 50), (0, 4, 50)],
)
def test_each_side_earns_the_edge_after_the_makers_fee(fee, edge, expected):
    desk = Desk(instrument=charging(fee), min_edge_bps=edge).started()
    assert distances(desk) == (expected, expected)


def test_the_edge_shows_as_the_floor_of_the_spread():
    assert Desk(min_edge_bps=7).started().reasons == (Reason.SPREAD_FLOOR, Reason.SPREAD_FLOOR)


def test_a_rebate_never_pushes_the_spread_below_the_configured_minimum():
    assert terms_of(charging(-9), pool(min_edge_bps=1, min_spread_bps=3)).min_spread_bps == 3.0


def test_an_edge_that_no_spread_can_give_is_refused_with_its_arithmetic():
    assert terms_of(charging(2), pool(min_edge_bps=38)).min_spread_bps == 80.0
    with pytest.raises(InvalidFieldError, match=r"twice \(min_edge_bps 38.1 \+ maker fee 2\)"):
        terms_of(charging(2), pool(min_edge_bps=38.1))


@given(st.integers(0, 300), st.integers(-100, 100))
def test_the_spread_floor_is_never_less_than_twice_fee_and_edge(edge, fee):
    edge_bps, fee_bps = Decimal(edge) / 10, Decimal(fee) / 10
    terms = terms_of(charging(fee_bps), pool(min_edge_bps=edge_bps))
    assert terms.min_spread_bps >= 1.0
    assert not edge or terms.min_spread_bps >= float(2 * (edge_bps + fee_bps))


# --------------------------------------------------------------------- the spread and uptime


def test_behind_its_target_a_pool_quotes_no_wider_than_the_target_spread():
    desk = Desk(target_spread_bps=20, **WIDE).warm()
    desk.engine.quoter.uptime.note(desk.now - 10**9, True, (0, 0))
    desk.step(desk.operate(Command.ENABLE), ms=1000)
    desk.step(ms=1000)
    assert desk.engine.quoter.behind_target(desk.now)
    desk.step(ms=1000)
    assert distances(desk) == (100, 100)
    assert desk.reasons == (Reason.SPREAD_CEILING, Reason.SPREAD_CEILING)


def test_once_it_has_caught_up_it_quotes_as_the_strategy_wants():
    desk = Desk(target_spread_bps=20, target_uptime_pct=50, **WIDE).warm()
    desk.engine.quoter.uptime.note(desk.now - 10**9, True, (0, 0))
    desk.step(desk.operate(Command.ENABLE), ms=1000)
    for _ in range(10):
        desk.step(ms=1000)
    assert not desk.engine.quoter.behind_target(desk.now)
    assert distances(desk) == (200, 200)


@pytest.mark.parametrize("fields", [{}, {"target_spread_bps": 20, "target_uptime_pct": 0}])
def test_without_a_target_nothing_is_owed(fields):
    desk = Desk(**WIDE, **fields).warm()
    desk.engine.quoter.uptime.note(desk.now - 10**9, True, (0, 0))
    desk.step(desk.operate(Command.ENABLE), ms=1000)
    for _ in range(3):
        desk.step(ms=1000)
    assert not desk.engine.quoter.behind_target(desk.now)
    assert distances(desk) == (200, 200)


def test_a_target_never_costs_the_minimum_edge():
    desk = Desk(instrument=charging(2), min_edge_bps=13, target_spread_bps=20, **WIDE).warm()
    desk.engine.quoter.uptime.note(desk.now - 10**9, True, (0, 0))
    desk.step(desk.operate(Command.ENABLE), ms=1000)
    for _ in range(2):
        desk.step(ms=1000)
    assert desk.engine.quoter.behind_target(desk.now)
    assert distances(desk) == (150, 150)


def test_a_target_below_the_least_spread_is_refused():
    with pytest.raises(InvalidFieldError, match="target_spread_bps"):
        pool(min_spread_bps=5, target_spread_bps=4)


# ------------------------------------------------------------------------------- feasibility

COARSE = Instrument("X", Decimal("0.1"), Decimal("0.001"), Decimal(5))
PRICE = Decimal(100_000)  # the smallest order is one lot: 100 USDT


def levels(sizes):
    params = {"around": "symmetric", "half_spread_bps": 5.0, "sizes": "custom"}
    params |= {"custom_sizes": sizes}
    return {"strategy": "ladder", "strategy_params": params, "num_levels": sizes.count(",") + 1}


NEVER = [
    ({"order_size_usdt": 99}, "order_size_usdt", "at least 100: the smallest order of X at 100000"),
    (levels("0.1, 0.15"), "order_size_usdt", r"at least 666.6667: 100 / 0.15, the largest level"),
    ({"max_order_value_usdt": 99}, "max_order_value_usdt", "at least 100: the smallest order of X"),
    (
        {"members": (member("a", 50, 99), member("b", 50, 80))},
        "position_limit_usdt",
        "at least 100",
    ),
]


@pytest.mark.parametrize(("fields", "field", "words"), NEVER)
def test_what_can_never_be_placed_is_refused_with_the_arithmetic(fields, field, words):
    with pytest.raises(InvalidFieldError, match=words) as refused:
        check_pool(COARSE, pool(**fields), PRICE)
    assert refused.value.field == field


FITS = [
    {"order_size_usdt": 100},
    levels("0.1, 0.2"),
    {"max_order_value_usdt": 100},
    {"members": (member("a", 50, 99), member("b", 50, 100))},
]


@pytest.mark.parametrize("fields", FITS)
def test_what_one_level_or_member_can_place_is_taken(fields):
    check_pool(COARSE, pool(**fields), PRICE)
