from itertools import pairwise

import pytest

from market_maker.model.events import FundingPaid
from market_maker.model.units import NANOS_PER_SECOND, RATE_SCALE
from market_maker.sandbox.funding import FUNDING_INTERVAL, FundingPlan, funding_plan
from market_maker.sandbox.market import SandboxMarket
from tests.unit.sandbox.market_client import BTC, FEES

SPAN = 12 * NANOS_PER_SECOND  # of a market in a hurry
START = 1_700_000_000 * NANOS_PER_SECOND
OFTEN = FundingPlan("7", SPAN)


def heard(start, funding):
    market = SandboxMarket(BTC, FEES, seed=3, start=start, funding=funding)
    listener = market.subscribe(start)
    market.advance(start + 3 * SPAN)
    return listener.drain()


@pytest.mark.thorough
def test_funding_is_paid_at_fixed_moments_at_a_small_rate_and_the_mid():
    paid = [event for event in heard(START, OFTEN) if isinstance(event, FundingPaid)]
    assert len(paid) == 3
    assert all(event.ts_event % SPAN == 0 < event.price for event in paid)
    assert all(event.ts_recv > event.ts_event for event in paid)
    assert len({event.rate for event in paid}) == 3


@pytest.mark.thorough
def test_an_exchange_that_starts_again_pays_what_it_would_have_paid():
    def rates(start):
        return {e.ts_event: e.rate for e in heard(start, OFTEN) if type(e) is FundingPaid}

    first, again = rates(START), rates(START + SPAN)
    shared = first.keys() & again.keys()
    assert len(shared) == 2
    assert all(first[moment] == again[moment] for moment in shared)


@pytest.mark.thorough
def test_a_market_that_pays_no_funding_is_the_same_but_for_that():
    without = heard(START, None)
    assert not any(isinstance(event, FundingPaid) for event in without)
    first = OFTEN.after(START)
    before = [event for event in without if event.ts_event < first]
    assert len(before) > 10
    assert before == [event for event in heard(START, OFTEN) if event.ts_event < first]


def test_rates_stay_within_five_basis_points_and_moments_never_repeat():
    plan = funding_plan("BTCUSDT-PERP", 1)
    moments = [plan.after(START)]
    for _ in range(200):
        moments.append(plan.after(moments[-1]))
    assert all(later - earlier == FUNDING_INTERVAL for earlier, later in pairwise(moments))
    rates = [plan.rate_at(moment) for moment in moments]
    assert max(map(abs, rates)) <= 5 * RATE_SCALE // 10_000
    assert min(rates) < 0 < max(rates)


def test_only_perpetuals_pay_funding():
    assert funding_plan("BTCUSDT", 1) is None
