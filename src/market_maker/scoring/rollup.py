"""From snapshots and fills of a day to its score, and from days to a longer period's."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from market_maker.model.exact import ZERO, exact, precise, rounded
from market_maker.model.money import DailyPerformance, PresenceRecord
from market_maker.model.records import DayKey
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Nanos
from market_maker.scoring.q_score import SHOWN, Quoting, Score, Targets, score


class Trading(Struct, frozen=True, kw_only=True):
    """What one member's fills of one symbol and day come to, quote currency. fees: > 0 a cost."""

    volume_usdt: Decimal = ZERO
    trades: int = 0
    realised_usdt: Decimal = ZERO
    fees_usdt: Decimal = ZERO


def daily(
    key: DayKey,
    hours: Sequence[PresenceRecord],
    trading: Trading,
    otherwise: Targets,
    rolled_up_at: Nanos,
) -> DailyPerformance:
    """One day of one member in one symbol. hours: its presence, in any order. The terms are those
    of the last hour with a snapshot; `otherwise` those where there is none, and then the score
    is undefined."""
    seen = _quoting(hours, trading.volume_usdt)
    targets = _terms(hours) or otherwise
    result = score(seen, targets)
    return DailyPerformance(
        **shared_fields(DailyPerformance, key, trading, targets, result),
        **shared_fields(DailyPerformance, seen, but=("volume_usdt",)),
        rolled_up_at=rolled_up_at,
    )


def _quoting(hours: Sequence[PresenceRecord], volume: Decimal) -> Quoting:
    valid = sum(hour.valid for hour in hours)
    with exact():
        spread = sum((hour.spread_sum_bps for hour in hours), ZERO)
        depth = sum((hour.depth_sum_usdt for hour in hours), ZERO)
    return Quoting(
        eligible=sum(hour.eligible for hour in hours),
        valid=valid,
        avg_spread_bps=_mean(spread, valid),
        avg_depth_usdt=_mean(depth, valid),
        volume_usdt=volume,
    )


def _mean(total: Decimal, count: int) -> Decimal | None:
    if not count:
        return None
    with precise():
        return rounded(total / count, SHOWN)


def _terms(hours: Sequence[PresenceRecord]) -> Targets | None:
    seen = [hour for hour in hours if hour.eligible]
    last = max(seen, key=lambda hour: hour.hour, default=None)
    return None if last is None else _targets(last)


def _targets(of: PresenceRecord | DailyPerformance) -> Targets:
    return Targets(**shared_fields(Targets, of))


class PeriodPerformance(Struct, frozen=True, kw_only=True):
    """Several days of one member in one symbol as one. The volume's target is that of one day
    times the days with a snapshot; the other targets are means over the snapshots."""

    days: int
    quoting: Quoting
    targets: Targets | None
    trades: int
    realised_usdt: Decimal
    fees_usdt: Decimal
    score: Score | None


def period(days: Sequence[DailyPerformance]) -> PeriodPerformance:
    """The days' snapshots, weighted by their number, and their volumes against the sum of their
    targets. targets and score are None where no day had a snapshot."""
    valid = sum(day.valid for day in days)
    with exact():
        volume = sum((day.volume_usdt for day in days), ZERO)
        realised = sum((day.realised_usdt for day in days), ZERO)
        fees = sum((day.fees_usdt for day in days), ZERO)
        spread = sum((day.valid * (day.avg_spread_bps or ZERO) for day in days), ZERO)
        depth = sum((day.valid * (day.avg_depth_usdt or ZERO) for day in days), ZERO)
    quoting = Quoting(
        eligible=sum(day.eligible for day in days),
        valid=valid,
        avg_spread_bps=_mean(spread, valid),
        avg_depth_usdt=_mean(depth, valid),
        volume_usdt=volume,
    )
    targets = _mean_targets([day for day in days if day.eligible])
    return PeriodPerformance(
        days=len(days),
        quoting=quoting,
        targets=targets,
        trades=sum(day.trades for day in days),
        realised_usdt=realised,
        fees_usdt=fees,
        score=None if targets is None else score(quoting, targets),
    )


def _mean_targets(days: Sequence[DailyPerformance]) -> Targets | None:
    weight = sum(day.eligible for day in days)
    if not weight:
        return None
    with precise():
        return Targets(
            spread_min_bps=sum((d.eligible * d.spread_min_bps for d in days), ZERO) / weight,
            spread_max_bps=sum((d.eligible * d.spread_max_bps for d in days), ZERO) / weight,
            depth_target_usdt=sum((d.eligible * d.depth_target_usdt for d in days), ZERO) / weight,
            volume_target_usdt=sum((d.volume_target_usdt for d in days), ZERO),
        )
