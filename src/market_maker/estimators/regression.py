"""The regression microprice: where the mid goes, learned from imbalances (math section 3.3)."""

from collections.abc import Sequence

from market_maker.estimators.forecast import Judgement, MoveForecast
from market_maker.model.units import BPS, Nanos

HORIZON_SECONDS = 1.0
"""How far ahead the mid is foreseen."""

LEVELS = 5
"""Levels of each side in the second imbalance of the book."""

Pair = tuple[float, float]


class RegressionMicroprice:
    """The mid, moved by what imbalances have foretold of it.

    Two forecasts are learned beside each other: from the imbalance of the best sizes and, where
    `deep`, of LEVELS levels, and from these and recent trades. The one that was worth more counts,
    so that trade flow enters only where it pays, and none where neither pays. It may stand outside
    the best prices: on markets of large ticks nearly all that is foreseen lies there.

    value: ticks; the mid until `ready`; None before the first price. count: moves learned from.
    betas: fractions per unit of imbalance, of book (both depths) and flow (0.0 while it does not
    enter). deviation_bps: of value from the mid. judgement: what past forecasts were worth.
    """

    __slots__ = ("_book", "_chosen", "_chosen_at", "_whole", "deep", "deviation_bps", "value")
    unit = "ticks"

    def __init__(self, *, deep: bool = False) -> None:
        self.deep = deep
        self.value: float | None = None
        self.deviation_bps = 0.0
        self._book = MoveForecast(HORIZON_SECONDS, 2)
        self._whole = MoveForecast(HORIZON_SECONDS, 3)
        self._chosen, self._chosen_at = self._book, 0

    @property
    def betas(self) -> Pair:
        """Of book and flow imbalance, after what they were worth."""
        used = self._chosen
        trust = used.trust if used.ready else 0.0
        book, flow = sum(used.betas[:2]), sum(used.betas[2:])
        return book * trust / BPS, flow * trust / BPS

    @property
    def count(self) -> int:
        """Moves learned from."""
        return self._book.count

    @property
    def ready(self) -> bool:
        """Whether forecasts are used."""
        return self._book.ready

    @property
    def judgement(self) -> Judgement | None:
        """What past forecasts of the one in use were worth."""
        return self._chosen.judgement

    def reset(self) -> None:
        """The book was lost."""
        self._book.reset()
        self._whole.reset()

    def update(self, ts: Nanos, mid_x2: int, imbalances: Sequence[float]) -> float:
        """The price from `ts` on, ticks. mid_x2: twice the mid, > 0. imbalances: of the best
        sizes, of LEVELS levels (or the first again), and of recent trades."""
        book = self._book.update(ts, mid_x2, imbalances[:2])
        whole = self._whole.update(ts, mid_x2, imbalances)
        if self.count != self._chosen_at:  # only a move that came true changes what they are worth
            self._chosen_at = self.count
            more = _worth(self._whole) > _worth(self._book)
            self._chosen = self._whole if more else self._book
        self.deviation_bps = whole if self._chosen is self._whole else book
        self.value = 0.5 * mid_x2 * (1.0 + self.deviation_bps / BPS)
        return self.value


def _worth(forecast: MoveForecast) -> float:
    judgement = forecast.judgement
    return judgement.r_squared if judgement else 0.0
