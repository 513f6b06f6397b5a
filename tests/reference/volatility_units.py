"""Units in which volatility is quoted elsewhere."""

import math
from enum import StrEnum

from market_maker.model.units import BPS

_SECONDS_PER_HOUR = 3_600.0
_HOURS_PER_DAY = 24.0
_HOURS_PER_YEAR = 8_760.0
_MINUTES_PER_HOUR = 60.0


class VolatilityUnit(StrEnum):
    """Units in which volatility is quoted; a year has 365 days of 24 hours."""

    ANNUAL_FRACTION = "annual_fraction"
    DAILY_FRACTION = "daily_fraction"
    FRACTION_PER_SQRT_SECOND = "per_sqrt_second_fraction"
    BPS_PER_SQRT_MINUTE = "bps_per_sqrt_minute"
    BPS_PER_SQRT_HOUR = "bps_per_sqrt_hour"


_FACTORS = {
    VolatilityUnit.ANNUAL_FRACTION: BPS / math.sqrt(_HOURS_PER_YEAR),
    VolatilityUnit.DAILY_FRACTION: BPS / math.sqrt(_HOURS_PER_DAY),
    VolatilityUnit.FRACTION_PER_SQRT_SECOND: BPS * math.sqrt(_SECONDS_PER_HOUR),
    VolatilityUnit.BPS_PER_SQRT_MINUTE: math.sqrt(_MINUTES_PER_HOUR),
    VolatilityUnit.BPS_PER_SQRT_HOUR: 1.0,
}


def to_bps_per_sqrt_hour(value: float, unit: VolatilityUnit) -> float:
    """A volatility in `unit` as bps per square root of hour."""
    return value * _FACTORS[unit]
