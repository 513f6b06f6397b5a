"""What the sandbox's perpetuals pay: small rates at fixed moments, the same after a restart."""

from random import Random

from msgspec import Struct

from market_maker.model.units import NANOS_PER_HOUR, RATE_SCALE, Nanos

FUNDING_INTERVAL = Nanos(8 * NANOS_PER_HOUR)
"""00:00, 08:00 and 16:00 UTC, as the large venues pay."""

_TYPICAL = RATE_SCALE // 10_000
"""One basis point, as the baseline of large venues."""
_MOST = 5 * _TYPICAL


class FundingPlan(Struct, frozen=True):
    """Of one instrument. seed: of its rates."""

    seed: str
    interval: Nanos = FUNDING_INTERVAL

    def after(self, now: Nanos) -> Nanos:
        """The first moment of payment after `now`."""
        return Nanos((now // self.interval + 1) * self.interval)

    def rate_at(self, moment: Nanos) -> int:
        """RATE_SCALE-ths of notional, from -5 to 5 bps; longs pay when > 0. It depends on the
        moment alone, so that an exchange that starts again says what it would have said."""
        drawn = Random(f"{self.seed}/{moment}").gauss(_TYPICAL / 2, _TYPICAL)
        return max(-_MOST, min(_MOST, round(drawn)))


def funding_plan(symbol: str, seed: int) -> FundingPlan | None:
    """Of a perpetual; nothing else pays funding."""
    return FundingPlan(f"{seed}/{symbol}/funding") if symbol.endswith("-PERP") else None
