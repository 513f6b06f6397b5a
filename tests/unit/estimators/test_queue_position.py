import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.estimators.queue_position import (
    CURVES,
    QueuePosition,
    front_after_depth,
    probability_behind,
    whole_lots,
)
from market_maker.model.errors import InvalidFieldError
from market_maker.replay_venue import queue_position as compiled
from tests.reference.formulas import queue_path
from tests.support.kernels import alone

QUANTITY = st.integers(0, 10**8).map(lambda thousandths: thousandths / 1_000)
EXPONENT = st.sampled_from([1.0, 2.0, 3.0, 2.5])
CURVE = st.sampled_from(sorted(CURVES))
SHARE = st.floats(0.0, 1.0)

compiled_probability = alone(compiled.probability_behind)
compiled_front = alone(compiled.front_after_depth)
compiled_lots = alone(compiled.whole_lots)


@pytest.mark.thorough
@settings(deadline=None)
@given(CURVE, EXPONENT, QUANTITY, QUANTITY)
def test_compiled_and_plain_probability_are_one(kind, n, front, back):
    curve = CURVES[kind]
    assert compiled_probability(curve, n, front, back) == probability_behind(curve, n, front, back)


@settings(deadline=None)
@given(QUANTITY, QUANTITY, QUANTITY, QUANTITY, SHARE)
def test_compiled_and_plain_front_are_one(front, before, after, traded, behind):
    change = (front, before, after, traded, behind)
    assert compiled_front(*change) == front_after_depth(*change)


@settings(deadline=None)
@given(st.floats(-1e6, 1e6))
def test_compiled_and_plain_lots_are_one(front):
    assert compiled_lots(front) == whole_lots(front)


@given(CURVE, EXPONENT, st.floats(0.001, 1e6))
def test_a_cancel_is_behind_the_head_of_the_queue_and_before_its_tail(kind, n, quantity):
    assert probability_behind(CURVES[kind], n, 0.0, quantity) == 1.0
    assert probability_behind(CURVES[kind], n, quantity, 0.0) == 0.0


@given(CURVE, EXPONENT)
def test_an_empty_queue_has_a_probability_too(kind, n):
    assert probability_behind(CURVES[kind], n, 0.0, 0.0) == 1.0


@given(CURVE, EXPONENT, QUANTITY, QUANTITY)
def test_a_probability_lies_between_zero_and_one(kind, n, front, back):
    assert 0.0 <= probability_behind(CURVES[kind], n, front, back) <= 1.0


@given(QUANTITY, QUANTITY, QUANTITY, SHARE)
def test_the_front_never_exceeds_what_is_displayed_nor_grows(front, behind_us, after, behind):
    moved = front_after_depth(front, front + behind_us, after, 0.0, behind)
    assert moved <= after
    assert moved <= front


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_probability_of_one_is_the_pessimistic_model(front, behind_us, after, traded):
    moved = front_after_depth(front, front + behind_us, after, traded, 1.0)
    assert moved == min(front, after)


@pytest.mark.parametrize(
    ("front", "lots"), [(1.0, 0), (0.0, 0), (-0.49, 0), (-0.5, 1), (-1.49, 1), (-2.5, 3)]
)
def test_lots_are_rounded_with_halves_away_from_zero(front, lots):
    assert whole_lots(front) == lots


def test_a_fill_puts_us_at_the_head_of_the_queue():
    position = QueuePosition(3.0, kind="power1", n=2.0)
    path = queue_path(position, [("trade", 5.0), ("trade", 1.0), ("depth", 9.0, 4.0)], lot=1.0)
    assert path == [(-2.0, 2.0), (-1.0, 1.0), (0.0, 0.0)]


def test_only_trades_move_a_pessimist_forward():
    events = [("depth", 100.0, 60.0), ("trade", 10.0), ("depth", 60.0, 30.0)]
    careful = queue_path(QueuePosition(50.0, pessimistic=True), events, lot=1.0)
    assert careful == [(50.0, 0.0), (40.0, 0.0), (30.0, 0.0)]


def test_an_unknown_curve_is_refused_by_name():
    with pytest.raises(InvalidFieldError, match="cubic"):
        QueuePosition(1.0, kind="cubic")
