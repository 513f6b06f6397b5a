"""The terms of a run in the units in which they are typed."""

from decimal import Decimal

from market_maker.model.instrument import rate_from_bps
from market_maker.model.units import Nanos
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.venue_terms import milliseconds, terms_in_words, venue_terms


def test_terms_are_shown_as_they_are_typed():
    terms = venue_terms(
        ReplaySettings(
            feed_latency_ns=Nanos(250_000),
            entry_latency_ns=Nanos(5_000_000),
            response_latency_ns=Nanos(7_000_000),
            queue=QueueModel.PESSIMISTIC,
            maker_rate=rate_from_bps("maker_fee_bps", Decimal("-0.5")),
        )
    )
    assert (terms.feed_latency_ms, terms.entry_latency_ms) == ("0.25", "5")
    assert (terms.maker_fee_bps, terms.queue) == ("-0.5", "pessimistic")
    words = terms_in_words(terms)
    assert words.startswith("maker fee -0.5 bps; latency of our orders 5 ms, of the answers 7 ms")
    assert "0.25 ms more than recorded" in words


def test_a_span_has_all_its_digits():
    assert milliseconds(Nanos(1)) == "0.000001"
