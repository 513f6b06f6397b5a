"""Who quotes best, over all symbols: Q_rank = tier_weight * sum(omega Q) / sum(omega), where omega
is the number of eligible snapshots of a symbol (math section 5.2)."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct, structs

from market_maker.model.exact import CENT, ZERO, precise, rounded
from market_maker.model.money import DailyPerformance
from market_maker.model.participant import Tier
from market_maker.model.units import ParticipantId
from market_maker.scoring.rollup import PeriodPerformance, period

TIER_WEIGHTS: Mapping[Tier, Decimal] = {
    Tier.TIER_1: Decimal(1),
    Tier.TIER_2: Decimal("0.95"),
    Tier.TIER_3: Decimal("0.90"),
}
"""At most 1, so that a ranking score stays within 0..100."""


class SymbolScore(Struct, frozen=True):
    """A participant in one symbol, over the time that is ranked."""

    symbol: str
    performance: PeriodPerformance


class Ranked(Struct, frozen=True, kw_only=True):
    """One participant's place. rank: 1 is best; the same for equal score and trades; None without
    a score. q_score: over its symbols; q_rank: the same times the tier's weight; both 0..100,
    rounded to 0.01, None when nothing was eligible. trades: breaks ties, and nothing else."""

    rank: int | None
    participant_id: ParticipantId
    tier: Tier
    tier_weight: Decimal
    q_rank: Decimal | None
    q_score: Decimal | None
    trades: int
    volume_usdt: Decimal
    symbols: tuple[SymbolScore, ...]


def leaderboard(
    days: Iterable[DailyPerformance], tiers: Mapping[ParticipantId, Tier]
) -> tuple[Ranked, ...]:
    """All participants of `days`, best first; days: of every symbol in the time that is ranked;
    tiers: of each of their participants."""
    by_member: dict[ParticipantId, dict[str, list[DailyPerformance]]] = {}
    for day in days:
        by_member.setdefault(day.participant_id, {}).setdefault(day.symbol, []).append(day)
    rows = [
        _entry(
            participant_id,
            tiers[participant_id],
            tuple(SymbolScore(symbol, period(symbols[symbol])) for symbol in sorted(symbols)),
        )
        for participant_id, symbols in by_member.items()
    ]
    rows.sort(key=_place)
    return tuple(_numbered(rows))


def ranking_score(scores: Sequence[tuple[int, Decimal]], tier_weight: Decimal) -> Decimal | None:
    """Q_rank of (eligible snapshots, score) of each symbol, not rounded; None where nothing was
    eligible."""
    weight = sum(eligible for eligible, _ in scores)
    if not weight:
        return None
    with precise():
        total = sum((eligible * each for eligible, each in scores), ZERO)
        return tier_weight * total / weight


def _entry(participant_id: ParticipantId, tier: Tier, symbols: tuple[SymbolScore, ...]) -> Ranked:
    scores = [
        (each.performance.quoting.eligible, each.performance.score.q_score)
        for each in symbols
        if each.performance.score is not None
    ]
    defined = [(eligible, q_score) for eligible, q_score in scores if q_score is not None]
    weight = TIER_WEIGHTS[tier]
    with precise():
        volume = sum((each.performance.quoting.volume_usdt for each in symbols), ZERO)
    return Ranked(
        rank=None,
        participant_id=participant_id,
        tier=tier,
        tier_weight=weight,
        q_rank=_rounded(ranking_score(defined, weight)),
        q_score=_rounded(ranking_score(defined, Decimal(1))),
        trades=sum(each.performance.trades for each in symbols),
        volume_usdt=volume,
        symbols=symbols,
    )


def _rounded(number: Decimal | None) -> Decimal | None:
    return None if number is None else rounded(number, CENT)


def _merit(row: Ranked) -> tuple[bool, Decimal, int]:
    """Smaller is better."""
    return (row.q_rank is None, -(row.q_rank or ZERO), -row.trades)


def _place(row: Ranked) -> tuple[tuple[bool, Decimal, int], str]:
    return (_merit(row), row.participant_id)


def _numbered(rows: Sequence[Ranked]) -> Iterable[Ranked]:
    rank = 0
    for index, row in enumerate(rows):
        if row.q_rank is None:
            yield row
            continue
        if index == 0 or _merit(row) != _merit(rows[index - 1]):
            rank = index + 1
        yield structs.replace(row, rank=rank)
