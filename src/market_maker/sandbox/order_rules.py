"""The limits that the sandbox exchange sets to its members' orders; its traders have none.

They stand here a second time, in the exchange's own units, so that what a maker makes of them is
tried against another hand's reading.
"""

from fractions import Fraction

from market_maker.model.events import RejectReason
from market_maker.model.instrument import Instrument
from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.model.orders import Side
from market_maker.model.units import RATE_SCALE
from market_maker.sandbox.matching import Matching
from market_maker.sandbox.reports import MatchOutcome, NewOrder, OrderRejected


def refused(new: NewOrder, reason: RejectReason) -> MatchOutcome:
    """Nothing but the answer that it never rested."""
    return MatchOutcome((OrderRejected(new.account, new.order_id, reason, new.client_order_id),))


def why_not_taken(new: NewOrder, instrument: Instrument, matching: Matching) -> RejectReason | None:
    """Why an order is refused for what the exchange takes of the instrument; None if it is not. The
    mark is the mid; while a side is empty there is no band."""
    limits = instrument.limits
    if new.size < limits.min_lots and not new.reduce_only:
        return RejectReason.MIN_NOTIONAL
    too_large = 0 < limits.max_lots < new.size
    too_dear = 0 < limits.max_notional < instrument.notional(new.price, new.size)
    too_many = 0 < limits.max_open_orders <= len(matching.open_orders(new.account))
    if too_large or too_dear or too_many:
        return RejectReason.POSITION_LIMIT
    return RejectReason.PRICE_DISTANCE if _is_outside(new, limits, matching) else None


def _is_outside(new: NewOrder, limits: InstrumentLimits, matching: Matching) -> bool:
    bid, ask = matching.best(Side.BUY), matching.best(Side.SELL)
    if bid is None or ask is None:
        return False
    distance = Fraction(2 * new.price, bid + ask) - 1
    up, down = (
        Fraction(limits.band_up_rate, RATE_SCALE),
        Fraction(limits.band_down_rate, RATE_SCALE),
    )
    return 0 < up <= distance or 0 < down <= -distance
