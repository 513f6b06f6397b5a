"""Inverse (coin-margined) perpetuals in a replay: what an engine of linear contracts is run on, and
the exact money of what it did.

An inverse contract is worth `contract_value` of quote currency at every price; gains are paid in
the base currency: n contracts bought at p and sold at s gain n x value x (1/p - 1/s) of it. The
engine counts linear contracts, so it is given lots that are worth as much at the highest price of
the recording, its reference: sizes in contracts are right, and a limit in quote currency holds to
within what the price falls below the reference. Turnover and PnL are worked out from the fills in
fractions, without any of that.
"""

from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
from msgspec import Struct

from market_maker.model.errors import InvalidDataError
from market_maker.model.instrument import ContractKind, Instrument
from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_SECOND, RATE_SCALE
from market_maker.replay_venue.recorded_exchange import mids_at
from market_maker.research.replay_accounting import FillLog, Int64s
from market_maker.research.result import plain

DIGITS = 12
"""After the point, of base currency: a fraction such as 1/3 has no last digit."""


class InverseMoney(Struct, frozen=True, kw_only=True):
    """turnover: quote currency. spread, inventory, fees: PnL by cause, base currency, a gain > 0:
    what fills earned against the mid of their moment, what the mid did since, what was paid."""

    turnover: Fraction
    spread: Fraction
    inventory: Fraction
    fees: Fraction

    @property
    def net(self) -> Fraction:
        """Base currency."""
        return self.spread + self.inventory + self.fees


def as_linear(recording: Recording) -> tuple[Recording, Instrument | None]:
    """What the engine runs on, and the inverse instrument that it stands for; the recording as it
    is, and None, for a linear one. Raises InvalidDataError where no mid is ever known."""
    instrument = recording.instrument
    if instrument.contract is ContractKind.LINEAR:
        return recording, None
    moments = np.arange(
        recording.start, recording.end + NANOS_PER_SECOND, NANOS_PER_SECOND, dtype=np.int64
    )
    highest = int(mids_at(recording, moments).max())
    if not highest:
        raise InvalidDataError(recording.origin, "an inverse contract without any mid")
    reference = instrument.price(highest) / 2
    linear = msgspec.structs.replace(
        instrument,
        lot_size=instrument.lot_size * instrument.contract_value / reference,
        contract=ContractKind.LINEAR,
        contract_value=Decimal(0),
    )
    return msgspec.structs.replace(recording, instrument=linear), instrument


def money_of(
    instrument: Instrument, fills: FillLog, final_mid_x2: int, maker_rate: int
) -> InverseMoney:
    """Exact figures of fills of an inverse contract, what is left marked at the final mid (twice
    it, in ticks). maker_rate: RATE_SCALE-ths of quote value, paid in base currency."""
    lot = Fraction(instrument.lot_size) * Fraction(instrument.contract_value)
    tick = Fraction(instrument.tick_size)
    turnover = spread = inventory = fees = Fraction(0)
    final = 2 / (final_mid_x2 * tick) if final_mid_x2 else Fraction(0)
    columns = (fills.sign, fills.lots, fills.ticks, fills.mid_x2)
    for sign, lots, ticks, mid_x2 in zip(*(each.tolist() for each in columns), strict=True):
        value, paid = lots * lot, 1 / (ticks * tick)
        mid = 2 / (mid_x2 * tick)
        turnover += value
        spread += sign * value * (paid - mid)
        inventory += sign * value * (mid - final)
        fees -= value * paid * maker_rate / RATE_SCALE
    return InverseMoney(turnover=turnover, spread=spread, inventory=inventory, fees=fees)


def moved(instrument: Instrument, fills: FillLog, later_mid_x2: Int64s) -> Fraction:
    """The part of `inventory` made until some time after each fill, base currency. later_mid_x2:
    twice the mid at that time."""
    lot = Fraction(instrument.lot_size) * Fraction(instrument.contract_value)
    tick, total = Fraction(instrument.tick_size), Fraction(0)
    columns = (fills.signed_lots, fills.mid_x2, later_mid_x2)
    for signed, mid_x2, later in zip(*(each.tolist() for each in columns), strict=True):
        total += signed * lot * (2 / (mid_x2 * tick) - 2 / (later * tick))
    return total


def base_currency(instrument: Instrument) -> str:
    """What gains of an inverse contract are paid in, by its symbol."""
    name = instrument.symbol.partition(instrument.quote_currency or "USD")[0].rstrip("-_/:")
    return name or "base currency"


def written(amount: Fraction) -> str:
    """To DIGITS after the point, without trailing zeros."""
    return plain(Decimal(round(amount * 10**DIGITS)).scaleb(-DIGITS))
