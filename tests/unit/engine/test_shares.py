"""How large an order is: of which level, on which side, in which cascade, for whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.ladder import Conditions, Ladder
from market_maker.engine.shares import right_size
from market_maker.engine.terms import terms_of
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from market_maker.quoting.view import Distances
from market_maker.risk.cascade import CALM, band_of
from tests.unit.engine.desk import FAIR, INSTRUMENT, THREE, Desk, member, pool

WIDE = (FAIR - 10_000, FAIR + 10_000)


def stepped(sizes, levels=3, **fields):
    """Settings of a ladder with these sizes."""
    params = {"around": "symmetric", "half_spread_bps": 5.0, "sizes": "custom"}
    params |= {"custom_sizes": sizes, "min_depth_bps": 5.0, "max_depth_bps": 40.0}
    known = {"strategy": "ladder", "strategy_params": params, "num_levels": levels}
    return known | {"order_size_usdt": 10_000, "max_order_value_usdt": 100_000} | fields


def aimed(distances, conditions=None, made=None, **fields):
    made = made or Ladder()
    terms = terms_of(INSTRUMENT, pool(order_size_usdt=10_000, **fields))
    made.aim(distances, terms, conditions or Conditions())
    made.update(float(FAIR), WIDE)
    return made


def lots(made, side, level=0, price=FAIR):
    return made.lots(side, level, price)


def test_every_level_has_the_size_of_the_shape():
    desk = Desk(**stepped("1, 2, 0.5")).started()
    for side in Side:
        sizes = [desk.order(side, level).size for level in range(3)]
        values = [desk.order(side, level).price * size for level, size in enumerate(sizes)]
        assert values == pytest.approx([10**8, 2 * 10**8, 10**8 // 2], rel=0.002)


def test_members_split_each_level_by_their_weights():
    fields = stepped("1, 2, 0.5", members=THREE, order_size_usdt=10_010)
    desk = Desk(**fields).started()
    for level, whole in enumerate((1000, 2000, 500)):
        sizes = [desk.order(Side.SELL, level, name).size for name in ("ann", "bob", "cid")]
        assert sizes == pytest.approx([whole * w / 10 for w in (5, 3, 2)], abs=0.01 * whole)


def test_a_level_too_small_for_the_venue_stays_empty_and_the_others_quote():
    desk = Desk(**stepped("1, 0.0001, 1", order_size_usdt=10_000)).started()
    assert sorted({order.level for order in desk.orders}) == [0, 2]
    assert desk.reasons == (Reason.MIN_NOTIONAL, Reason.MIN_NOTIONAL)


def test_a_strategy_scales_each_side_on_its_own():
    made = aimed(Distances(5.0, 5.0, 0.5, 1.5))
    assert (lots(made, 0), lots(made, 1)) == (500, 1500)


def test_the_factors_of_level_side_and_cascade_multiply():
    made = Ladder()
    terms = terms_of(INSTRUMENT, pool(**stepped("1, 2, 0.5")))
    made.aim(Distances(5.0, 5.0, 0.5, 1.0), terms, Conditions(size=0.5))
    assert [lots(made, 0, level) for level in range(3)] == [250, 500, 125]
    assert [lots(made, 1, level) for level in range(3)] == [500, 1000, 250]


def test_a_cascade_halves_orders_from_a_severity_of_one_half():
    assert [band_of(severity).size for severity in (0.0, 0.3, 0.49, 0.5, 0.79)] == [
        1,
        1,
        1,
        0.5,
        0.5,
    ]
    assert band_of(0.0) is CALM


def test_a_small_change_of_size_keeps_the_size_in_force():
    made = aimed(Distances(5.0, 5.0))
    terms = terms_of(INSTRUMENT, pool(order_size_usdt=10_000))
    made.aim(Distances(5.0, 5.0, 1.0, 1.0), terms)
    version = made.version
    made.aim(Distances(5.0, 5.0, 0.9, 1.1), terms)
    assert (lots(made, 0), lots(made, 1), made.version) == (1000, 1000, version)
    made.aim(Distances(5.0, 5.0, 0.7, 1.5), terms)
    assert (lots(made, 0), lots(made, 1)) == (700, 1500)
    assert made.version > version


def test_new_terms_take_their_own_size_at_once():
    made = aimed(Distances(5.0, 5.0))
    made.aim(Distances(5.0, 5.0), terms_of(INSTRUMENT, pool(order_size_usdt=10_500)))
    assert lots(made, 0) == 1050


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_a_right_size_is_within_a_quarter(size, wanted):
    assert right_size(size, wanted) == (abs(size - wanted) * 4 <= wanted)


def test_a_member_at_its_limit_gets_less_and_the_others_keep_theirs():
    people = (member("ann", 50, limit=1_000), member("bob", 50))
    desk = Desk(order_size_usdt=10_000, members=people).started()
    assert desk.order(Side.BUY, 0, "ann").size == 100
    assert desk.order(Side.BUY, 0, "bob").size == pytest.approx(500, abs=2)
