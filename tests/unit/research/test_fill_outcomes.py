"""What fills were worth some seconds later, in the second in which they happened."""

from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from market_maker.model.instrument import ContractKind, Instrument
from market_maker.model.units import NANOS_PER_SECOND, RATE_SCALE, VALUE_SCALE, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings, mids_at
from market_maker.research.fill_outcomes import HORIZONS_S, fill_outcomes
from market_maker.research.inverse import as_linear
from market_maker.research.replay import ReplayPlan, replay, with_in_house_member
from tests.toy_market import INSTRUMENT, toy_config, toy_recording


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


def test_fills_of_an_inverse_contract_are_worth_what_fractions_say():
    coin = Instrument(
        INSTRUMENT.symbol,
        INSTRUMENT.tick_size,
        Decimal(1),
        quote_currency="USD",
        contract=ContractKind.INVERSE,
        contract_value=Decimal(10),
    )
    linear, inverse = as_linear(msgspec.structs.replace(toy_recording(seconds=60), instrument=coin))
    plan = ReplayPlan(
        recording=linear,
        inverse=inverse,
        config=with_in_house_member(toy_config()),
        exchange=ReplaySettings(maker_rate=20_000),
        step_ns=Nanos(100_000_000),
    )
    log = replay(plan)
    found, fills = fill_outcomes(log), log.fills
    judged = fills.ts + HORIZONS_S[-1] * NANOS_PER_SECOND <= plan.end
    assert judged.sum() > 3
    contracts = int(fills.lots[judged].sum())
    assert found.turnover.sum() == pytest.approx(10 * contracts)
    for horizon in HORIZONS_S:
        total = Fraction(0)
        for place in np.flatnonzero(judged).tolist():
            moment = np.array([fills.ts[place] + horizon * NANOS_PER_SECOND])
            later = Fraction(int(mids_at(linear, moment)[0]), 2)
            value, paid = 10 * int(fills.lots[place]), Fraction(int(fills.ticks[place]))
            gain = int(fills.sign[place]) * value * (1 / paid - 1 / later)
            total += gain * later - value * Fraction(20_000, RATE_SCALE)
        assert found.worth[horizon].sum() == pytest.approx(float(total))
    assert set((found.held % 10).round(6)) <= {0.0}
