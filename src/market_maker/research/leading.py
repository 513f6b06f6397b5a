"""A second recording whose market may lead the first one's: its mids, as events of the engine.

They reach the engine when they were received, by the second recording's own stamps and after the
same latency of market data. Two recordings made on different machines are as far apart as their
clocks are: `clock_shift_ns` of each says what its importer added.
"""

from collections.abc import Iterator
from functools import lru_cache

import msgspec
import numpy as np

from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.events import BookLost, BookSnapshot, BookTop, Event, LeadMoved
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.replay_venue.recorded_exchange import RecordedExchange, ReplaySettings
from market_maker.research.funding import funding_events

LED = "regression"
"""The fair price that a leading market is a term of."""

OVERLAP_SECONDS_MIN = 60
"""Forecasts are used after half a minute, and have to be worth something after that."""

KEPT = 2


def led_by(config: PoolConfig, recording: Recording, lead: Recording) -> PoolConfig:
    """`config` with the second recording's market as its leader.

    Raises InvalidFieldError where its fair price takes none or names another, InvalidDataError
    where the recordings have too little time in common.
    """
    symbol = lead.instrument.symbol
    if config.fair_price != LED:
        allowed = f"{LED}, where a leading market is given: it is a term of that forecast"
        raise InvalidFieldError("fair_price", config.fair_price, allowed)
    if config.lead_symbol not in {"", symbol}:
        raise InvalidFieldError("lead_symbol", config.lead_symbol, f"{symbol}, as in the recording")
    check_overlap(recording, lead)
    return msgspec.structs.replace(config, lead_symbol=symbol)


def check_overlap(recording: Recording, lead: Recording) -> None:
    """Raises InvalidDataError where two recordings have too little time in common."""
    common = (min(recording.end, lead.end) - max(recording.start, lead.start)) / NANOS_PER_SECOND
    if common < OVERLAP_SECONDS_MIN:
        problem = (
            f"{max(common, 0.0):.0f} s of it lie within the other recording; a leading market "
            f"needs {OVERLAP_SECONDS_MIN}"
        )
        raise InvalidDataError(lead.origin, problem)


def not_compiled(lead: Recording | None) -> str:
    """Why the decision kernel leaves a run with such facts to the engine."""
    return f"{'funding' if lead is None else 'a leading market'} is not compiled yet"


def facts_of(
    recording: Recording, lead: Recording | None, feed_latency_ns: Nanos
) -> tuple[Event, ...]:
    """What an engine receives beside its own market: payments of funding and the leader's mids, in
    order of receipt."""
    paid = funding_events(recording, feed_latency_ns)
    if lead is None:
        return paid
    return tuple(sorted((*paid, *lead_events(lead, feed_latency_ns)), key=_received))


def _received(event: Event) -> Nanos:
    return event.ts_recv


@lru_cache(maxsize=KEPT)
def lead_events(lead: Recording, feed_latency_ns: Nanos) -> tuple[LeadMoved, ...]:
    """Every new mid of the recording as it is received, 0 where its book was lost. Runs on the
    same recording share them."""
    return tuple(_moves(lead, feed_latency_ns))


def _moves(lead: Recording, feed_latency_ns: Nanos) -> Iterator[LeadMoved]:
    exchange = RecordedExchange([lead], ReplaySettings(feed_latency_ns=feed_latency_ns))
    shown = 0
    for received in np.unique(lead.ts_recv).tolist():
        now = Nanos(received + feed_latency_ns)
        exchange.advance(now)
        mid_x2, happened = shown, now
        for event in exchange.events(0):
            if isinstance(event, BookTop | BookSnapshot):
                mid_x2, happened = _mid_x2(event), event.ts_event
            elif isinstance(event, BookLost):
                mid_x2 = 0
        if mid_x2 != shown:
            shown = mid_x2
            yield LeadMoved(happened, now, mid_x2)


def _mid_x2(event: BookTop | BookSnapshot) -> int:
    """0 for a book without two sides that do not cross."""
    if isinstance(event, BookSnapshot):
        bid = event.bids[0][0] if event.bids else 0
        ask = event.asks[0][0] if event.asks else 0
    else:
        bid, ask = event.bid, event.ask
    return bid + ask if 0 < bid < ask else 0
