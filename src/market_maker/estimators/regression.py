"""The regression microprice: where the mid goes, learned from imbalances (math section 3.3)."""

from collections.abc import Sequence

from market_maker.estimators.flow import imbalance
from market_maker.estimators.forecast import (
    FIRST_FORECAST,
    Judgement,
    MoveForecast,
    worth_of,
)
from market_maker.estimators.horizon_factor import HorizonFactor
from market_maker.estimators.lead import LeadDistance
from market_maker.model.units import BPS, Nanos

HORIZON_SECONDS = 1.0
"""How far ahead the mid is foreseen: the horizon of `value`."""

OTHER_HORIZONS_SECONDS = (0.5, 5.0)
"""Over which the forecast is carried to as well."""

LEVELS = 5
"""Levels of each side in the second imbalance of the book."""

BOOK, FLOW, LEAD = slice(0, 2), slice(2, 3), slice(3, 4)
"""Where each stands among the terms of a forecast."""

TERMS = (2, 3)
"""How many of them the forecasts have that are learned beside each other."""

LED_TERMS = 4
"""With a leading market, one more."""

Betas = tuple[float, float, float]


class RegressionMicroprice:
    """The mid, moved by what imbalances have foretold of it.

    Forecasts are learned beside each other: from the imbalance of the best sizes and, where `deep`,
    of LEVELS levels; from these and recent trades; and, where there is a `lead`, from all of these
    and how far the leading market's price stands from ours. The one that was worth most counts, so
    that trade flow and the leader enter only where they pay, and none where none pays. It may stand
    outside the best prices: on markets of large ticks nearly all that is foreseen lies there.

    value: ticks; the mid until `ready`; None before the first price. count: moves learned from.
    betas: fractions per unit of imbalance, of book (both depths) and flow, and bps per bps of the
    leader's distance; 0.0 for what does not enter. deviation_bps: of value from the mid. judgement:
    what past forecasts were worth. moves_bps: the move foreseen over each of
    OTHER_HORIZONS_SECONDS.
    """

    __slots__ = (
        "_chosen",
        "_chosen_at",
        "_factors",
        "_forecasts",
        "deep",
        "deviation_bps",
        "lead",
        "value",
    )
    unit = "ticks"

    def __init__(self, *, deep: bool = False, lead: LeadDistance | None = None) -> None:
        self.deep, self.lead = deep, lead
        self.value: float | None = None
        self.deviation_bps = 0.0
        terms = TERMS if lead is None else (*TERMS, LED_TERMS)
        self._forecasts = tuple(MoveForecast(HORIZON_SECONDS, count) for count in terms)
        self._chosen, self._chosen_at = self._forecasts[0], 0
        self._factors = tuple(HorizonFactor(each) for each in OTHER_HORIZONS_SECONDS)

    @property
    def betas(self) -> Betas:
        """Of book, flow and lead, after what they were worth."""
        used = self._chosen
        trust = used.trust if used.ready else 0.0
        book, flow, lead = (sum(used.betas[part]) for part in (BOOK, FLOW, LEAD))
        return book * trust / BPS, flow * trust / BPS, lead * trust

    @property
    def count(self) -> int:
        """Moves learned from."""
        return self._forecasts[0].count

    @property
    def ready(self) -> bool:
        """Whether forecasts are used."""
        return self._forecasts[0].ready

    @property
    def judgement(self) -> Judgement | None:
        """What past forecasts of the one in use were worth."""
        return self._chosen.judgement

    @property
    def moves_bps(self) -> tuple[float, ...]:
        """The move of the mid that is foreseen over each of OTHER_HORIZONS_SECONDS."""
        chosen = self._chosen
        if not chosen.ready:
            return (0.0,) * len(self._factors)
        return tuple(factor.carried(chosen.raw_bps, chosen.trust) for factor in self._factors)

    def reset(self) -> None:
        """The book was lost."""
        for forecast in self._forecasts:
            forecast.reset()
        for factor in self._factors:
            factor.reset()

    def update(self, ts: Nanos, mid_x2: int, imbalances: Sequence[float]) -> float:
        """The price from `ts` on, ticks. mid_x2: twice the mid, > 0. imbalances: of the best
        sizes, of LEVELS levels (or the first again), and of recent trades."""
        seen = imbalances
        if self.lead is not None:
            seen = (*imbalances, self.lead.update(ts, mid_x2))
        forecasts = self._forecasts
        for forecast in forecasts:
            forecast.update(ts, mid_x2, seen[: forecast.terms])
        count, chosen = forecasts[0].fit.count, self._chosen
        if count != self._chosen_at:  # only a move that came true changes what they are worth
            self._chosen_at = count
            self._chosen = chosen = max(forecasts, key=worth_of)
        self.deviation_bps = chosen.bps
        raw = chosen.raw_bps if count >= FIRST_FORECAST else None
        for factor in self._factors:
            factor.update(ts, mid_x2, raw)
        self.value = moved_mid(mid_x2, self.deviation_bps)
        return self.value


def levels_imbalance(best: float, bid_lots: float, ask_lots: float) -> float:
    """Imbalance of LEVELS levels, whose sizes come to so many lots a side; `best`, that of the best
    sizes, where a side shows none: a feed of best prices alone. Compiled into the replay's decision
    kernel, like the next function."""
    return imbalance(bid_lots, ask_lots) if bid_lots and ask_lots else best


def moved_mid(mid_x2: int, bps: float) -> float:
    """The mid, ticks, moved by so much."""
    return 0.5 * mid_x2 * (1.0 + bps / BPS)
