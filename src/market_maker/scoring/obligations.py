"""What a participant promised, and how far it was met."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from market_maker.model.exact import precise, rounded
from market_maker.model.money import DailyPerformance, Obligations
from market_maker.scoring.q_score import SHOWN
from market_maker.scoring.rollup import period

PCT = Decimal(100)


class Duty(StrEnum):
    """What can be promised, by the field of Obligations that holds it."""

    UPTIME = "uptime_min_pct"
    SPREAD = "spread_max_bps"
    DEPTH = "depth_min_usdt"


class DutyMet(Struct, frozen=True, kw_only=True):
    """One promise in one symbol over a period, in the unit of its field. achieved: None when
    nothing was measured, and then met is None too. days: with a snapshot; days_met: of them."""

    duty: Duty
    promised: Decimal
    achieved: Decimal | None
    met: bool | None
    days: int
    days_met: int


class SymbolDuties(Struct, frozen=True):
    """All that was promised, for one symbol."""

    symbol: str
    duties: tuple[DutyMet, ...]


def obligations_met(
    obligations: Obligations, days: Sequence[DailyPerformance]
) -> tuple[SymbolDuties, ...]:
    """By symbol. days: of this participant, in the period that is checked."""
    by_symbol: dict[str, list[DailyPerformance]] = {}
    for day in days:
        by_symbol.setdefault(day.symbol, []).append(day)
    return tuple(
        SymbolDuties(symbol, tuple(_duties(obligations, by_symbol[symbol])))
        for symbol in sorted(by_symbol)
    )


def _duties(obligations: Obligations, days: Sequence[DailyPerformance]) -> list[DutyMet]:
    found = []
    for duty in Duty:
        promised = _promised(obligations, duty)
        if promised is None:
            continue
        achieved = _achieved(duty, days)
        measured = [each for each in (_achieved(duty, [day]) for day in days) if each is not None]
        met = None if achieved is None else _keeps(duty, achieved, promised)
        found.append(
            DutyMet(
                duty=duty,
                promised=promised,
                achieved=achieved,
                met=met,
                days=len(measured),
                days_met=sum(_keeps(duty, each, promised) for each in measured),
            )
        )
    return found


def _promised(obligations: Obligations, duty: Duty) -> Decimal | None:
    match duty:
        case Duty.UPTIME:
            return obligations.uptime_min_pct
        case Duty.SPREAD:
            return obligations.spread_max_bps
        case Duty.DEPTH:
            return obligations.depth_min_usdt


def _achieved(duty: Duty, days: Sequence[DailyPerformance]) -> Decimal | None:
    quoting = period(days).quoting
    match duty:
        case Duty.UPTIME:
            if not quoting.eligible:
                return None
            with precise():
                return rounded(PCT * quoting.valid / quoting.eligible, SHOWN)
        case Duty.SPREAD:
            return quoting.avg_spread_bps
        case Duty.DEPTH:
            return quoting.avg_depth_usdt


def _keeps(duty: Duty, achieved: Decimal, promised: Decimal) -> bool:
    return achieved <= promised if duty is Duty.SPREAD else achieved >= promised
