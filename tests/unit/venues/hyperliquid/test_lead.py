"""Another market's best prices are moves of a leader, and the maker's engine follows them."""

from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.events import LeadMoved
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.standalone.opening import http_session, market_of, open_maker_session
from market_maker.venues.hyperliquid.frames import Best, WireTrade
from market_maker.venues.hyperliquid.lead import UNIT, LeadWatch
from market_maker.venues.hyperliquid.market_wire import BookLevel
from tests.unit.standalone.venue import CLOCK, emulated, serving, session, settings_for
from tests.unit.venues.hyperliquid.stub import until

NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)
MS = NOON // NANOS_PER_MS


def best(time, bid, ask, coin="ETH"):
    sides = tuple(None if price is None else BookLevel(price, "1", 1) for price in (bid, ask))
    return Best(coin, MS + time, sides)


@pytest.fixture
def told():
    return []


@pytest.fixture
def lead(told):
    return LeadWatch("ETH", told.append)


def mids(told):
    return [Decimal(move.mid_x2) / UNIT / 2 for move in told]


def test_every_new_mid_of_the_leader_is_passed_on_with_the_venues_time_and_ours(lead, told):
    lead.hear(best(0, "2000.1", "2000.2"), NOON)
    lead.hear(best(5, "2000.1", "2000.2"), NOON)
    lead.hear(best(9, "2000.1", "2000.4"), Nanos(NOON + 7))
    assert mids(told) == [Decimal("2000.15"), Decimal("2000.25")]
    assert told[1] == LeadMoved(Nanos((MS + 9) * NANOS_PER_MS), Nanos(NOON + 7), told[1].mid_x2)


def test_a_leader_with_an_empty_or_crossed_book_is_not_known(lead, told):
    for time, sides in enumerate([("1", "2"), (None, "2"), ("1", "2"), ("2", "2"), ("1", None)]):
        lead.hear(best(time, *sides), NOON)
    assert [move.mid_x2 // UNIT for move in told] == [3, 0, 3, 0]


def test_other_markets_other_frames_and_older_ones_are_not_for_us(lead, told):
    lead.hear(best(9, "1", "2"), NOON)
    lead.hear(best(8, "1", "3"), NOON)
    lead.hear(best(10, "1", "4", coin="BTC"), NOON)
    lead.hear((WireTrade("ETH", "A", "1", "1", MS + 11, 1),), NOON)
    assert len(told) == 1


def test_the_smallest_price_of_the_venue_is_still_a_number(lead, told):
    lead.hear(best(0, "0.00000123", "0.00000124"), NOON)
    assert told[0].mid_x2 == 247


@pytest.mark.anyio
async def test_a_maker_with_a_leader_learns_from_its_price(tmp_path):
    async with serving(emulated(coins=("BTC", "ETH"))) as url:
        settings = settings_for(url, tmp_path, lead_asset="ETH")
        async with session(settings) as running:
            await running.quoting(most=1)

            def distance():
                lines = running.parts.runner.snapshot().estimates
                return next(line.value for line in lines if line.name == "lead_distance")

            await until(lambda: distance() is not None)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [("BTC", "a market other than BTC, which is traded"), ("ETHX", "ETH")],
)
async def test_a_leader_that_cannot_be_had_is_named(tmp_path, wanted, allowed):
    async with serving(emulated(coins=("BTC", "ETH"))) as url, http_session() as http:
        settings = settings_for(url, tmp_path, lead_asset=wanted)
        opened = await open_maker_session(settings, http, CLOCK)
        with pytest.raises(InvalidFieldError, match=f"lead_asset: .*{wanted}.*{allowed}"):
            market_of(settings, opened)
