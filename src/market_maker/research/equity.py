"""What a run earned over time and what each fill traded, in the currency of its PnL.

Floats, for pictures, ratios and resamples; the exact sums are in `evaluation`. Of a linear contract
the currency is the quote currency, of an inverse one the base currency.
"""

import msgspec
import numpy as np

from market_maker.model.instrument import Instrument
from market_maker.model.units import RATE_SCALE, VALUE_SCALE
from market_maker.research.inverse import base_currency
from market_maker.research.replay import ReplayLog
from market_maker.research.replay_accounting import (
    FillLog,
    Floats,
    Int64s,
    PnlPath,
    pnl_path,
    positions_at,
    running,
)
from market_maker.research.wording import quote_currency


def pnl_currency(instrument: Instrument) -> str:
    """What PnL is counted in: the base currency of an inverse contract, else the quote currency."""
    if instrument.contract_value:
        return base_currency(instrument)
    return quote_currency(instrument.symbol)


def equity_path(log: ReplayLog, times: Int64s, mid_x2: Int64s) -> PnlPath:
    """PnL by cause at each of the ascending `times`, marked at twice the mid of that time."""
    inverse, funding = log.plan.inverse, _funding_path(log, times)
    if inverse is not None:
        return msgspec.structs.replace(_inverse_path(log, inverse, times, mid_x2), funding=funding)
    unit = float(log.plan.recording.instrument.notional(1, 1)) / VALUE_SCALE
    path = pnl_path(log.fills, times, mid_x2)
    return PnlPath(path.spread * unit, path.inventory * unit, path.fees * unit, funding)


def _funding_path(log: ReplayLog, times: Int64s) -> Floats:
    if log.funding is None:
        return np.zeros(len(times))
    amounts = np.array([float(amount) for amount in log.funding.amounts])
    return running(amounts, np.array(log.funding.ts, dtype=np.int64), times)


def traded_by_fill(log: ReplayLog) -> Floats:
    """What each fill traded, at its own price."""
    inverse, fills = log.plan.inverse, log.fills
    if inverse is not None:
        return _worth(inverse, fills) / (fills.ticks * np.float64(inverse.tick_size))
    return fills.ticks * fills.lots * np.float64(log.plan.recording.instrument.notional(1, 1))


def _worth(inverse: Instrument, fills: FillLog) -> Floats:
    """Of each fill in quote currency, whatever the price."""
    return fills.lots * np.float64(inverse.lot_size * inverse.contract_value)


def _inverse_path(log: ReplayLog, inverse: Instrument, times: Int64s, mid_x2: Int64s) -> PnlPath:
    """As in inverse.money_of, which is exact and knows the end alone."""
    fills, tick = log.fills, np.float64(inverse.tick_size)
    lot = np.float64(inverse.lot_size * inverse.contract_value)
    worth, paid = _worth(inverse, fills), 1 / (fills.ticks * tick)
    at_mid = 2 / (fills.mid_x2 * tick)
    position = positions_at(fills, times) * lot
    # Before the first mid there is neither an order nor a position.
    marked = np.where(mid_x2 > 0, 2 / (np.maximum(mid_x2, 1) * tick), 0.0)
    rate = log.plan.exchange.maker_rate / RATE_SCALE
    bought_at = running(fills.sign * worth * at_mid, fills.ts, times)
    return PnlPath(
        spread=running(fills.sign * worth * (paid - at_mid), fills.ts, times),
        inventory=bought_at - position * marked,
        fees=-running(worth * paid * rate, fills.ts, times),
        funding=np.zeros(len(times)),
    )
