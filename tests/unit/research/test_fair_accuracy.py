"""What sources of fair foretell, on markets of which it is known."""

import pytest

from market_maker.research.fair_accuracy import (
    FORECAST,
    FORECAST_WITH_LEAD,
    HORIZONS_S,
    SOURCES,
    WITH_LEAD,
    fair_accuracy,
)
from tests.led_pair import led_pair
from tests.toy_market import toy_recording

ALL = (*SOURCES, WITH_LEAD, FORECAST, FORECAST_WITH_LEAD)


@pytest.fixture(scope="module")
def found():
    rows = fair_accuracy(*led_pair(seconds=200))
    return {(row.source, row.horizon_s): row for row in rows}


def test_every_source_is_judged_at_every_horizon_on_the_same_moves(found):
    assert set(found) == {(s, h) for s in ALL for h in HORIZONS_S}
    assert len({row.moves for row in found.values()}) == 1


def test_the_mid_foretells_nothing(found):
    row = found["mid", 1.0]
    assert (row.slope, row.r_squared, row.as_it_stands) == (None, None, 0.0)


def test_a_leader_is_worth_what_it_is_at_the_horizon_of_the_forecast(found):
    led, alone = found[WITH_LEAD, 1.0], found["regression", 1.0]
    assert led.r_squared > 0.15
    assert led.slope == pytest.approx(1.0, abs=0.2)
    assert led.as_it_stands > alone.as_it_stands + 0.1
    assert led.as_it_stands_low > 0.0


def test_a_forecast_is_judged_at_its_own_horizon_and_fair_is_that_of_a_second(found):
    for forecast, fair in ((FORECAST, "regression"), (FORECAST_WITH_LEAD, WITH_LEAD)):
        assert found[forecast, 1.0].slope == pytest.approx(found[fair, 1.0].slope, abs=1e-3)
    # Ours has followed by 0.3 s, so half a second sees all of it and five no more.
    for horizon in HORIZONS_S:
        assert found[FORECAST_WITH_LEAD, horizon].slope == pytest.approx(1.0, abs=0.2)


def test_a_leader_of_another_market_counts_for_nothing():
    rows = {
        (r.source, r.horizon_s): r for r in fair_accuracy(*led_pair(seconds=120, follows=False))
    }
    assert rows[WITH_LEAD, 1.0].as_it_stands == pytest.approx(0.0, abs=0.02)


def test_a_recording_that_ends_within_the_warm_up_has_no_figures():
    assert fair_accuracy(toy_recording(seconds=40), None) == ()


def test_of_a_block_or_two_there_is_no_interval():
    """Resamples of one block are all that block: the interval was a point, as if all were known."""
    rows = fair_accuracy(*led_pair(seconds=90))
    assert {row.blocks for row in rows} == {1}
    for row in rows:
        assert (row.slope_low, row.as_it_stands_low, row.as_it_stands_high) == (None, None, None)
    assert next(row for row in rows if row.source == WITH_LEAD).slope is not None
