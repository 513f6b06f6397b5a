"""A recording of the sandbox exchange: a capture without a download, equal for equal seeds."""

from collections.abc import Callable

from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.research.event_rows import EventRows
from market_maker.sandbox.listings import Listing
from market_maker.sandbox.market import SandboxMarket

START = Nanos(1_767_225_600 * NANOS_PER_SECOND)
"""2026-01-01, of the market's own time: a recording does not depend on when it was made."""
WARM_UP = Nanos(30 * NANOS_PER_SECOND)
"""How old the market is when the recording begins."""
STEP = Nanos(NANOS_PER_SECOND)


def record_sandbox(
    listing: Listing, seed: int, seconds: int, progress: Callable[[int, int], None]
) -> Recording:
    """The book and the trades of a market for so long. progress: called with seconds done, and
    all."""
    market = SandboxMarket(
        listing.instrument,
        listing.fees,
        seed=seed,
        start=START,
        parameters=listing.parameters,
    )
    begin = Nanos(START + WARM_UP)
    market.advance(begin)
    subscription = market.subscribe(begin)
    rows = EventRows()
    for number in range(1, seconds + 1):
        market.advance(Nanos(begin + number * STEP))
        for event in subscription.drain():
            rows.add(event)
        progress(number, seconds)
    return rows.recording(listing.instrument, f"sandbox: {listing.instrument.symbol}, seed {seed}")
