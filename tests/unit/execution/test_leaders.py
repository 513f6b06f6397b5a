"""New mids of a leader reach the engines that follow it, and no other."""

import msgspec
import pytest

from market_maker.estimators.regression import RegressionMicroprice
from market_maker.execution.leaders import FIND_INTERVAL, Leaders
from market_maker.model.events import LeadMoved
from tests.support.office import OTHER, SYMBOL, Office
from tests.unit.engine.desk import INSTRUMENT, pool


class Pool:
    """What a runner shows, and what reached it."""

    def __init__(self, symbol, lead_symbol="", mid_x2=200):
        self.instrument = msgspec.structs.replace(INSTRUMENT, symbol=symbol)
        self.config = pool(lead_symbol=lead_symbol)
        self.mid_x2, self.sighted, self.failure = mid_x2, True, None
        self.told = []

    def tell(self, events):
        self.told += events


def three():
    runners = {each.instrument.symbol: each for each in (Pool("A"), Pool("B", "A"), Pool("C"))}
    leaders = Leaders(runners)
    leaders.find_followers(0)
    return leaders, *runners.values()


def test_a_new_mid_reaches_those_that_follow_once():
    leaders, lead, follower, other = three()
    leaders.stepped(lead, 5)
    leaders.stepped(lead, 6)
    lead.mid_x2 = 202
    leaders.stepped(lead, 7)
    leaders.stepped(other, 8)
    assert follower.told == [LeadMoved(5, 5, 200), LeadMoved(7, 7, 202)]
    assert lead.told == other.told == []


def test_those_that_have_something_new_are_named():
    leaders, lead, follower, _ = three()
    assert leaders.stepped(lead, 5) == [follower.instrument.symbol]
    assert leaders.stepped(lead, 6) == []
    lead.mid_x2, follower.failure = 202, "it broke"
    assert leaders.stepped(lead, 7) == leaders.stepped(follower, 7) == []


def test_a_leader_whose_book_is_lost_is_not_known():
    leaders, lead, follower, _ = three()
    leaders.stepped(lead, 5)
    lead.sighted = False
    leaders.stepped(lead, 6)
    assert follower.told[-1] == LeadMoved(6, 6, 0)


def test_who_follows_is_found_once_a_second_and_the_mid_reaches_it_then():
    leaders, lead, _, late = three()
    leaders.stepped(lead, 5)
    late.config = pool(lead_symbol="A")
    leaders.find_followers(FIND_INTERVAL - 1)
    leaders.stepped(lead, 6)
    assert late.told == []
    leaders.find_followers(FIND_INTERVAL)
    leaders.stepped(lead, 7)
    assert late.told == [LeadMoved(7, 7, 200)]


def test_neither_itself_nor_a_broken_engine_follows():
    leaders, lead, follower, other = three()
    follower.failure, other.config = "broke", pool(lead_symbol="C")
    leaders.find_followers(2 * FIND_INTERVAL)
    for each in (lead, other):
        leaders.stepped(each, 5)
    assert follower.told == other.told == []


@pytest.mark.anyio
@pytest.mark.thorough
async def test_in_the_service_the_mid_of_one_pool_reaches_the_forecast_of_another(
    office: Office,
) -> None:
    await office.quoting(OTHER)
    await office.quoting(
        SYMBOL,
        fair_price="regression",
        lead_symbol=OTHER,
        warmup_trades=0,
        warmup_volume_ticks=0,
    )
    estimates = office.engine_host.get(SYMBOL)._engine.market.estimates
    lead = estimates.find(RegressionMicroprice).lead
    await office.until(lambda: lead.count > 0)
    bid, ask = office.venues[OTHER].top
    office.venues[OTHER].top = (bid + 100, ask + 100)
    await office.until(lambda: lead._led_x2 == bid + ask + 200)
