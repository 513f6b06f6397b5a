"""What fills were worth some seconds later, in the second in which they happened."""

import numpy as np
import pytest

from market_maker.model.units import NANOS_PER_SECOND, VALUE_SCALE, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings, mids_at
from market_maker.research.fill_outcomes import HORIZONS_S, fill_outcomes
from market_maker.research.replay import ReplayPlan, replay, with_in_house_member
from tests.toy_market import toy_config, toy_recording


@pytest.fixture(scope="module")
def log():
    plan = ReplayPlan(
        recording=toy_recording(seconds=60),
        config=with_in_house_member(toy_config()),
        exchange=ReplaySettings(maker_rate=20_000),
        step_ns=Nanos(100_000_000),
    )
    return replay(plan)


def test_every_fill_that_the_data_outlast_counts_once_and_the_others_not_at_all(log):
    found, fills = fill_outcomes(log), log.fills
    unit = float(log.plan.recording.instrument.notional(1, 1))
    judged = fills.ts + HORIZONS_S[-1] * NANOS_PER_SECOND <= log.plan.end
    assert 0 < judged.sum() < fills.count
    assert found.turnover.sum() == pytest.approx((fills.ticks * fills.lots)[judged].sum() * unit)
    fees = fills.fee[judged].sum() * unit / VALUE_SCALE
    for horizon in HORIZONS_S:
        later = [
            int(mids_at(log.plan.recording, np.array([ts + horizon * NANOS_PER_SECOND]))[0])
            for ts in fills.ts[judged].tolist()
        ]
        moves = fills.sign[judged] * (np.array(later) / 2 - fills.ticks[judged])
        gained = (moves * fills.lots[judged]).sum() * unit
        assert found.worth[horizon].sum() == pytest.approx(gained - fees)


def test_a_stretch_is_the_seconds_that_it_names(log):
    found = fill_outcomes(log)
    parts = [found.within(0, 20), found.within(20, len(found.turnover))]
    assert sum(part.turnover.sum() for part in parts) == pytest.approx(found.turnover.sum())
    assert len(parts[0].held) == 20
