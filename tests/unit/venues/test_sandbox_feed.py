"""A feed has the market's data and no way to trade."""

from market_maker.model.events import BookSnapshot
from market_maker.sandbox.listings import LISTINGS
from market_maker.sandbox.market import SandboxMarket
from market_maker.venues.sandbox_feed import SandboxFeed

START = 1_700_000_000 * 10**9


def test_it_brings_a_snapshot_on_request_and_what_changes_after_it():
    listed = LISTINGS[0]
    market = SandboxMarket(listed.instrument, listed.fees, seed=1, start=START)
    feed = SandboxFeed(market, START)
    feed.request_snapshot(START)
    assert feed.due(START) <= START + 10**9
    events = feed.poll(START + 10**9)
    assert any(isinstance(event, BookSnapshot) for event in events)
    assert feed.poll(START + 2 * 10**9)
    assert not hasattr(feed, "place")
