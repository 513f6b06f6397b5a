"""Funding in a replay: events for the engine, and what the venue charges.

The engine gets a payment as it does live, in its own units and after the feed's latency, so that
its limits know of it. What the report shows is worked out apart from that, in fractions: each
payment on what was held at its time by the venue's clock, fills of that moment included, at the
venue's own rate and mark price.
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from msgspec import Struct

from market_maker.model.events import FundingPaid
from market_maker.model.instrument import Instrument
from market_maker.model.recording import FundingPayment, Recording
from market_maker.model.units import RATE_SCALE, Nanos, Ticks
from market_maker.research.replay_accounting import FillLog, Int64s, positions_at


class FundingCharges(Struct, frozen=True):
    """Of each payment that found a position or none: when, by the venue, and what it brought, > 0
    was received; in quote currency, or the base currency of an inverse contract."""

    ts: tuple[Nanos, ...] = ()
    amounts: tuple[Fraction, ...] = ()

    @property
    def total(self) -> Fraction:
        """Exact."""
        return sum(self.amounts, Fraction(0))


def funding_events(recording: Recording, feed_latency_ns: Nanos) -> tuple[FundingPaid, ...]:
    """The payments as events of an engine, at the nearest tick and rate of its own."""
    tick = recording.instrument.tick_size
    return tuple(
        FundingPaid(
            ts_event=paid.ts_event,
            ts_recv=Nanos(paid.ts_recv + feed_latency_ns),
            rate=int((paid.rate * RATE_SCALE).to_integral_value()),
            price=Ticks(max(1, int((paid.mark / tick).to_integral_value()))),
        )
        for paid in recording.funding
    )


def charges_of(
    payments: tuple[FundingPayment, ...], fills: FillLog, counted: Instrument, end: Nanos
) -> FundingCharges:
    """Exact charges of the payments up to `end`. counted: what fills are lots of."""
    due = [paid for paid in payments if paid.ts_event <= end]
    times: Int64s = np.array([paid.ts_event for paid in due], dtype=np.int64)
    held = positions_at(fills, times).tolist()
    return FundingCharges(
        tuple(paid.ts_event for paid in due),
        tuple(_charge(paid, lots, counted) for paid, lots in zip(due, held, strict=True)),
    )


def _charge(paid: FundingPayment, lots: int, counted: Instrument) -> Fraction:
    size = lots * Fraction(counted.lot_size)
    if counted.contract_value:
        worth = size * Fraction(counted.contract_value) / Fraction(paid.mark)
    else:
        worth = size * Fraction(paid.mark)
    return -worth * Fraction(paid.rate)


def exact_text(number: Fraction) -> str:
    """All digits of a number that has a last one after the point."""
    return _written(number, max(_factors(number.denominator)))


def _factors(denominator: int) -> Iterator[int]:
    """How often 2 and 5 divide it, which nothing else may."""
    for prime in (2, 5):
        count = 0
        while denominator % prime == 0:
            denominator, count = denominator // prime, count + 1
        yield count
    assert denominator == 1, denominator


def _written(number: Fraction, digits: int) -> str:
    whole, rest = divmod(abs(number.numerator) * 10**digits // number.denominator, 10**digits)
    text = f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".") if digits else f"{whole}"
    return f"-{text}" if number < 0 else text
