"""The regression microprice: of the two forecasts the one that pays counts."""

import math
import random

import pytest

from market_maker.estimators.forecast import READY_MOVES, SAMPLE_EVERY
from market_maker.estimators.lead import LeadDistance
from market_maker.estimators.regression import RegressionMicroprice

NOW = 10**18
STEPS = 4_000


def market(fair, betas, noise=0.0, steps=STEPS, seed=1):
    """A mid that goes where the imbalances said a second before."""
    rng, drift = random.Random(seed), []
    log_mid = math.log(1e9)
    for number in range(steps):
        if number >= 10:
            log_mid += drift[number - 10] / 10
        seen = tuple(rng.uniform(-1, 1) for _ in range(3))
        drift.append(sum(b * x for b, x in zip(betas, seen, strict=True)) * 1e-4)
        log_mid += rng.gauss(0, noise) * 1e-4
        fair.update(NOW + number * SAMPLE_EVERY, round(2 * math.exp(log_mid)), seen)
    return fair


def test_it_is_the_mid_until_it_is_ready():
    fair = RegressionMicroprice()
    assert fair.value is None
    assert fair.update(NOW, 201, (1.0, 1.0, 1.0)) == 100.5
    market(fair, (5.0, 5.0, 5.0), steps=READY_MOVES // 2)
    assert not fair.ready
    assert fair.deviation_bps == 0.0


def test_trade_flow_enters_where_it_pays():
    fair = market(RegressionMicroprice(), (2.0, 0.0, 6.0))
    assert fair.betas[1] > 0.0
    assert fair.judgement.r_squared > 0.0


def test_and_stays_out_where_it_says_nothing():
    fair = market(RegressionMicroprice(), (6.0, 6.0, 0.0), noise=0.3)
    book, flow, _ = fair.betas
    assert book > 0.0
    assert flow == pytest.approx(0.0, abs=0.05 * book)


def led(follows, seed=1, noise=0.3):
    """Our mid goes where another one went two samples before, if it follows; that is all."""
    rng, lead, ours = random.Random(seed), [math.log(1e9)], math.log(1e9)
    fair = RegressionMicroprice(lead=LeadDistance())
    for number in range(STEPS):
        now = NOW + number * SAMPLE_EVERY
        lead.append(lead[-1] + rng.gauss(0, 1) * 1e-4)
        moved = lead[-3] - lead[-4] if follows and len(lead) > 3 else rng.gauss(0, 1) * 1e-4
        ours += moved + rng.gauss(0, noise) * 1e-4
        fair.lead.lead(now, round(2 * math.exp(lead[-1])))
        fair.update(now, round(2 * math.exp(ours)), (0.0, 0.0, 0.0))
    return fair


def test_a_market_that_leads_is_found_and_pays():
    fair = led(follows=True)
    assert fair.betas[2] > 0.1  # what is open for two tenths of a second that is foreseen
    assert fair.judgement.r_squared > 0.02
    assert fair.judgement.slope == pytest.approx(1.0, abs=0.4)


def test_a_market_that_does_not_lead_is_switched_off():
    assert abs(led(follows=False).deviation_bps) < 0.2
    assert abs(led(follows=False).betas[2]) < 0.1


def test_without_a_leader_nothing_is_said_of_one():
    assert RegressionMicroprice().lead is None
    assert market(RegressionMicroprice(), (2.0, 0.0, 6.0)).betas[2] == 0.0


def test_it_may_stand_outside_the_best_prices():
    fair = market(RegressionMicroprice(), (9.0, 9.0, 0.0))
    at = NOW + STEPS * SAMPLE_EVERY
    mid_x2 = 2 * 10**4 + 1
    assert fair.update(at, mid_x2, (1.0, 1.0, 0.0)) > (mid_x2 + 1) / 2
    assert fair.deviation_bps > 0.0


def test_where_nothing_pays_it_is_the_mid():
    fair = market(RegressionMicroprice(), (0.0, 0.0, 0.0), noise=3.0)
    assert fair.ready
    assert abs(fair.deviation_bps) < 0.2
