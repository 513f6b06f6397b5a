"""The three tables of Avellaneda & Stoikov (2008), simulated again.

Source: "High-frequency trading in a limit order book", Quantitative Finance 8(3), 217-224; the
tables stand on p. 222-223. The preprint of 2006 differs: other numbers, other spread rule, and a
third table for gamma = 0.5 that does not follow from its stated rule (math section 1.2).

The market: mid moves by +-sigma sqrt(dt) each step; each side fills with probability
min(1, A exp(-k distance) dt), independently, before the mid moves. Unit of price: dollars; of
time: the horizon.
"""

import math
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import InvalidFieldError
from market_maker.quoting.closed_forms import half_and_shift

PUBLISHED_PATHS = 1_000
"""Paths behind every published figure; the paper ran once and states no errors."""

PATHS_MIN, PATHS_MAX = 10, 5_000_000
"""Below, a standard deviation says nothing; above, memory would be the limit."""

SEED_MAX = 2**63 - 1

_CHUNK = 20_000
"""Paths simulated side by side: the vectors of one step stay in the processor's cache."""

Floats = NDArray[np.float64]
StrategyName = Literal["inventory", "symmetric"]
QuantityName = Literal["spread", "profit", "std_profit", "final_q", "std_final_q"]

QUANTITIES: tuple[QuantityName, ...] = (
    "spread",
    "profit",
    "std_profit",
    "final_q",
    "std_final_q",
)


class PaperMarket(Struct, frozen=True):
    """The paper's market. sigma: volatility; horizon: T; step: dt; kappa: k; intensity: A."""

    sigma: float = 2.0
    horizon: float = 1.0
    step: float = 0.005
    kappa: float = 1.5
    intensity: float = 140.0

    @property
    def steps(self) -> int:
        """How many steps the horizon has."""
        return round(self.horizon / self.step)


class Schedule(Struct, frozen=True):
    """What to quote at each step: bid and ask stand `half` from the reservation price, which
    lies `lean` below the mid per unit of inventory."""

    half: Floats
    lean: Floats


class PathOutcome(Struct, frozen=True):
    """spread: mean quoted over time. profit, final_q: one figure for each path."""

    spread: float
    profit: Floats
    final_q: Floats


class ExactMoments(Struct, frozen=True):
    """What the symmetric strategy earns exactly, without simulation."""

    fill_chance: float
    profit: float
    std_profit: float
    std_final_q: float


class PublishedRow(Struct, frozen=True):
    """One published figure and ours. standard_error: of ours, from our own sample; the spread
    follows from the formula alone and has none."""

    gamma: float
    strategy: StrategyName
    quantity: QuantityName
    published: float
    obtained: float
    standard_error: float


class Published(Struct, frozen=True):
    """One line of a published table; figures in the order of QUANTITIES."""

    gamma: float
    strategy: StrategyName
    figures: tuple[float, float, float, float, float]


JOURNAL = (
    Published(0.1, "inventory", (1.49, 65.0, 6.6, 0.08, 2.9)),
    Published(0.1, "symmetric", (1.49, 68.4, 12.7, 0.26, 8.4)),
    Published(0.01, "inventory", (1.35, 68.6, 8.7, 0.12, 5.1)),
    Published(0.01, "symmetric", (1.35, 68.8, 12.8, 0.09, 8.7)),
    Published(1.0, "inventory", (3.02, 31.4, 5.0, 0.02, 1.7)),
    Published(1.0, "symmetric", (3.02, 44.0, 11.0, 0.00, 5.1)),
)


def schedule(gamma: float, strategy: StrategyName, market: PaperMarket) -> Schedule:
    """Quotes of the paper's strategies: "inventory" by eqs (29) and (30), "symmetric" with the
    time average of the same spread around the mid."""
    left = market.horizon - np.arange(market.steps) * market.step
    quotes = [
        half_and_shift(1.0, gamma, market.sigma**2 * tau, market.kappa, 1.0)
        for tau in left.tolist()
    ]
    half, lean = np.array(quotes).T
    if strategy == "symmetric":
        return Schedule(np.full_like(half, half.mean()), np.zeros_like(lean))
    return Schedule(half, lean)


def simulate(
    quotes: Schedule,
    market: PaperMarket,
    paths: int,
    rng: np.random.Generator,
    progress: Callable[[int], None] = lambda _: None,
) -> PathOutcome:
    """Trade `paths` independent days. progress is called with how many paths each chunk
    finished."""
    results = []
    for size in _chunks(paths):
        results.append(_trade(quotes, market, size, rng))
        progress(size)
    profit, final_q = np.concatenate(results, axis=1)
    return PathOutcome(2.0 * float(quotes.half.mean()), profit, final_q)


def _chunks(paths: int) -> Iterator[int]:
    for start in range(0, paths, _CHUNK):
        yield min(_CHUNK, paths - start)


def _trade(quotes: Schedule, market: PaperMarket, paths: int, rng: np.random.Generator) -> Floats:
    """Profit and final inventory of each path. The mid is counted from its start: with no
    inventory at the beginning its level earns nothing."""
    move = market.sigma * math.sqrt(market.step)
    mid, q, cash = np.zeros(paths), np.zeros(paths), np.zeros(paths)
    for half, lean in zip(quotes.half.tolist(), quotes.lean.tolist(), strict=True):
        shift = lean * q
        bought = rng.random(paths) < _fill_chance(half + shift, market)
        sold = rng.random(paths) < _fill_chance(half - shift, market)
        cash += sold * (mid + half - shift) - bought * (mid - half - shift)
        q += bought.astype(np.float64) - sold
        mid += np.where(rng.random(paths) < 0.5, move, -move)  # noqa: PLR2004  # a fair coin
    return np.stack((cash + q * mid, q))


def _fill_chance(distance: Floats, market: PaperMarket) -> Floats:
    """Compared with a number below 1, so that a chance above 1 needs no cut."""
    chance: Floats = np.exp(-market.kappa * distance) * (market.intensity * market.step)
    return chance


def symmetric_moments(half: float, market: PaperMarket) -> ExactMoments:
    """Exact moments for a constant half-spread around the mid (math section 1.3)."""
    steps = market.steps
    chance = min(1.0, market.intensity * math.exp(-market.kappa * half) * market.step)
    turn = 2.0 * chance * (1.0 - chance)
    carried = turn * market.sigma**2 * market.step * steps * (steps + 1) / 2.0
    return ExactMoments(
        fill_chance=chance,
        profit=2.0 * steps * chance * half,
        std_profit=math.sqrt(steps * turn * half**2 + carried),
        std_final_q=math.sqrt(steps * turn),
    )


def reproduce(
    paths: int, seed: int, progress: Callable[[int], None] = lambda _: None
) -> list[PublishedRow]:
    """Every figure of the three tables, each strategy with its own stream of chance.

    Raises InvalidFieldError.
    """
    if not PATHS_MIN <= paths <= PATHS_MAX:
        allowed = f"a whole number from {PATHS_MIN} to {PATHS_MAX}"
        raise InvalidFieldError("paths", paths, allowed)
    if not 0 <= seed <= SEED_MAX:
        raise InvalidFieldError("seed", seed, f"a whole number from 0 to {SEED_MAX}")
    market = PaperMarket()
    streams = np.random.SeedSequence(seed).spawn(len(JOURNAL))
    rows = []
    for line, stream in zip(JOURNAL, streams, strict=True):
        rng = np.random.Generator(np.random.PCG64(stream))
        quotes = schedule(line.gamma, line.strategy, market)
        rows += _rows(line, simulate(quotes, market, paths, rng, progress))
    return rows


def _rows(line: Published, outcome: PathOutcome) -> list[PublishedRow]:
    obtained = (
        (outcome.spread, 0.0),
        *_mean_and_deviation(outcome.profit),
        *_mean_and_deviation(outcome.final_q),
    )
    return [
        PublishedRow(line.gamma, line.strategy, quantity, published, value, error)
        for quantity, published, (value, error) in zip(
            QUANTITIES, line.figures, obtained, strict=True
        )
    ]


def _mean_and_deviation(sample: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
    """Mean and standard deviation, each with its standard error.

    Of the deviation s: sqrt((m4 - s^4 (n-3)/(n-1))/n)/(2 s), m4 the fourth central moment; no
    normal distribution assumed.
    """
    n = sample.size
    mean, deviation = float(sample.mean()), float(sample.std(ddof=1))
    if not deviation:
        return (mean, 0.0), (0.0, 0.0)
    fourth = float(np.mean((sample - mean) ** 4))
    spread = (fourth - deviation**4 * (n - 3) / (n - 1)) / n
    error = math.sqrt(max(spread, 0.0)) / (2.0 * deviation)
    return (mean, deviation / math.sqrt(n)), (deviation, error)
