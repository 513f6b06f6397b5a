"""Which configuration is better, by what its runs earned."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from market_maker.model.units import BPS
from market_maker.research.sweep_folder import SweepRun
from market_maker.research.sweep_plan import SweepScore


def score_of(runs: Sequence[SweepRun], score: SweepScore) -> float | None:
    """Of runs added up; None where it means nothing, because nothing was traded."""
    net = sum((Decimal(run.net_pnl) for run in runs), Decimal(0))
    if score is SweepScore.NET_PNL:
        return float(net)
    traded = math.fsum(value for run in runs for value in run.traded)
    return BPS * float(net) / traded if traded else None


def ranked(runs: Mapping[int, Sequence[SweepRun]], score: SweepScore) -> list[int]:
    """Configurations, the best first; at equal scores by their number, those without one last."""
    scores = {number: score_of(each, score) for number, each in runs.items()}
    return sorted(scores, key=lambda number: _order(scores[number], number))


def _order(score: float | None, number: int) -> tuple[bool, float, int]:
    return score is None, -(score or 0.0), number
