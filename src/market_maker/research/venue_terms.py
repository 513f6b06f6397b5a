"""On which terms runs were made, as readers of their results need them: without its fees, latencies
and queue no result can be judged."""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_MS, RATE_SCALE, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.result import plain


class VenueTerms(Struct, frozen=True, kw_only=True):
    """The venue of a replay. Latencies in ms; of the feed, on top of what was recorded.
    maker_fee_bps: a cost > 0."""

    feed_latency_ms: str
    entry_latency_ms: str
    response_latency_ms: str
    queue: str
    queue_exponent: float
    partial_fills: bool
    maker_fee_bps: str


def venue_terms(exchange: ReplaySettings) -> VenueTerms:
    """In the units in which they are typed."""
    return VenueTerms(
        feed_latency_ms=milliseconds(exchange.feed_latency_ns),
        entry_latency_ms=milliseconds(exchange.entry_latency_ns),
        response_latency_ms=milliseconds(exchange.response_latency_ns),
        **shared_fields(VenueTerms, exchange, but=("queue",)),
        queue=exchange.queue.value,
        maker_fee_bps=plain(Decimal(exchange.maker_rate) * 10_000 / RATE_SCALE),
    )


def milliseconds(span: Nanos) -> str:
    """All digits."""
    return plain(Decimal(span) / NANOS_PER_MS)


def terms_in_words(terms: VenueTerms) -> str:
    """One line of them."""
    return (
        f"maker fee {terms.maker_fee_bps} bps; latency of our orders {terms.entry_latency_ms} ms, "
        f"of the answers {terms.response_latency_ms} ms, of market data {terms.feed_latency_ms} ms "
        f"more than recorded; {terms.queue} queue"
    )
