"""Does the documented formula land inside its own clamps? Five readings of its units, simulated
(math section 8.4).

A day of one-second steps for each market: the logarithm of volatility is an Ornstein-Uhlenbeck
process (deviation 0.4, relaxation 1 h: our choice, the source does not say), scaled so that the
mean variance is the reference one; sigma is measured over 300 s; for the last reading fills are
Poisson with A exp(-kappa distance), and prices and sizes lie on the grid.
"""

import math
from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import BPS
from market_maker.quoting.closed_forms import half_and_shift

Floats = NDArray[np.float64]

PUBLISHED_PATHS = 20
PATHS_MAX = 1_000
SEED_MAX = 2**63 - 1
SECONDS = 86_400
LOOKBACK = 300
RATIOS = (0.25, 0.5, 1.0, 1.5, 3.0)

_SECONDS_PER_HOUR = 3_600
_HOURS_PER_YEAR = 8_760
_LOG_DEVIATION = 0.4
_RELAXATION_S = 3_600.0
_KAPPA_UNIT_BPS = 10.0
_CHUNK = 20
"""Days simulated side by side: some tens of megabytes."""


class AssumedMarket(Struct, frozen=True, kw_only=True):
    """A row of the documented starting parameters on an assumed market. volatility: a year, as a
    share of the price. intensity: A, fills per second of one order at fair, one side."""

    name: str
    price: float
    volatility: float
    gamma: float
    kappa: float
    tau: float
    low: float
    high: float
    order: float
    limit: float
    intensity: float
    tick: float
    lot: float

    @property
    def sigma_ref(self) -> float:
        """bps/sqrt(hour)."""
        return self.volatility * BPS / math.sqrt(_HOURS_PER_YEAR)


_LIQUID = {"gamma": 0.05, "kappa": 2.0, "tau": 1.0, "low": 3.0, "high": 80.0, "order": 1_000.0}
MARKETS = (
    AssumedMarket(
        name="BTC", price=1e5, volatility=0.5, limit=5e4, intensity=0.1, tick=0.1, lot=1e-3,
        **_LIQUID,
    ),
    AssumedMarket(
        name="ETH", price=3e3, volatility=0.65, limit=5e4, intensity=0.1, tick=0.01, lot=1e-3,
        **_LIQUID,
    ),
    AssumedMarket(
        name="MID", price=25.0, volatility=0.85, gamma=0.1, kappa=1.5, tau=1.0, low=5.0, high=50.0,
        order=500.0, limit=5e4, intensity=0.05, tick=1e-3, lot=0.1,
    ),
    AssumedMarket(
        name="ALT", price=0.05, volatility=1.2, gamma=0.2, kappa=1.0, tau=0.5, low=10.0, high=80.0,
        order=100.0, limit=1e4, intensity=0.05, tick=1e-5, lot=1.0,
    ),
)  # fmt: skip


class SpreadRow(Struct, frozen=True):
    """Without simulation: the recommended reading at a share of normal volatility, bps. spread:
    raw, total; shift: at a full position; quoted: the spread after the clamps."""

    market: str
    sigma_ratio: float
    published_spread: float
    published_shift: float | None
    spread: float
    shift: float
    quoted: float


class ShareRow(Struct, frozen=True):
    """Share of the day inside the clamps and at the ceiling, per cent."""

    reading: str
    market: str
    published_inside: float
    published_ceiling: float
    inside: float
    ceiling: float


class DayRow(Struct, frozen=True):
    """The recommended reading over a day: spread in bps, position as a share of the limit."""

    market: str
    quantity: str
    published: float
    obtained: float


_SPREADS: dict[str, tuple[tuple[float, float | None], ...]] = {
    "BTC": ((10.1, 0.2), (10.6, 0.7), (12.65, 2.7), (16.0, 6.0), (34.0, 24.0)),
    "ETH": ((10.2, 0.2), (10.9, 0.9), (13.45, 3.5), (17.8, 7.8), (41.2, 31.0)),
    "MID": ((13.9, 0.6), (15.6, 2.3), (22.4, 9.1), (33.7, 20.0), (95.0, None)),
    "ALT": ((20.7, 0.8), (23.1, 3.2), (32.7, 12.8), (48.7, 29.0), (135.0, None)),
}
"""By RATIOS: spread and shift; where the ceiling binds the source prints no shift."""

NBH = "NBH"
_SHARES: dict[str, tuple[tuple[float, float], ...]] = {
    "price units": ((0, 100), (69, 31), (0, 100), (0, 100)),
    "fractions": ((0, 100), (0, 100), (0, 100), (0, 100)),
    "bps, q/Qmax": ((38, 62), (15, 85), (0, 100), (0, 100)),
    "per 10 bps, not normalised": ((99, 1), (96, 4), (28, 72), (20, 80)),
    NBH: ((100, 0), (100, 0), (98.5, 1.5), (99.0, 1.0)),
}
"""By MARKETS: per cent inside and at the ceiling; the floor never bound."""

_UNITS_BPS = {"fractions": BPS, "bps, q/Qmax": 1.0, "per 10 bps, not normalised": 10.0}
"""One unit of the reading, in bps; that of "price units" depends on the price."""

_DAYS: dict[str, tuple[float, ...]] = {
    "mean spread": (12.6, 13.4, 22.0, 32.2),
    "s.d. of spread": (2.1, 2.8, 6.6, 9.6),
    "s.d. of position": (0.17, 0.15, 0.07, 0.07),
    "largest position": (0.86, 0.84, 0.43, 0.47),
}


def raw_spread(reading: str, market: AssumedMarket, sigma: Floats, price: Floats) -> Floats:
    """Total spread that the formula asks for, bps of the price. sigma: bps/sqrt(hour)."""
    if reading == NBH:
        return _formula(market, market.sigma_ref, _KAPPA_UNIT_BPS, sigma)
    bps = BPS / price if reading == "price units" else _UNITS_BPS[reading]
    return bps * _formula(market, 1.0, 1.0, sigma / bps)


def _formula(market: AssumedMarket, sigma_ref: float, kappa_unit: float, sigma: Floats) -> Floats:
    variance = cast("float", sigma * sigma * market.tau)  # each number by itself
    half, _ = half_and_shift(
        0.0, market.gamma / sigma_ref, variance, market.kappa / kappa_unit, 1.0
    )
    return cast("Floats", 2.0 * half)


def spreads() -> list[SpreadRow]:
    """The table that needs no simulation."""
    rows = []
    for market in MARKETS:
        for ratio, published in zip(RATIOS, _SPREADS[market.name], strict=True):
            sigma = np.array([ratio * market.sigma_ref])
            spread = float(raw_spread(NBH, market, sigma, sigma)[0])
            shift = market.gamma / market.sigma_ref * float(sigma[0]) ** 2 * market.tau
            quoted = min(max(spread, market.low), market.high)
            rows.append(SpreadRow(market.name, ratio, *published, spread, shift, quoted))
    return rows


class _Day(Struct, frozen=True):
    """Columns are paths, rows are seconds. sigma: as measured, bps/sqrt(hour)."""

    price: Floats
    sigma: Floats


def _days(market: AssumedMarket, shape: tuple[int, int], rng: np.random.Generator) -> _Day:
    """shape: seconds after the first measurement, and paths."""
    seconds, paths = shape[0] + LOOKBACK, shape[1]
    keep = math.exp(-1.0 / _RELAXATION_S)
    kicks = rng.standard_normal((seconds, paths)) * (_LOG_DEVIATION * math.sqrt(1.0 - keep * keep))
    level = rng.standard_normal(paths) * _LOG_DEVIATION
    for second in kicks:  # each kick becomes the level it leads to
        level = second + keep * level
        second[:] = level
    sigma = market.sigma_ref * np.exp(kicks - _LOG_DEVIATION**2)
    returns = rng.standard_normal((seconds, paths)) * sigma
    returns /= BPS * math.sqrt(_SECONDS_PER_HOUR)
    sums = np.cumsum(np.square(returns), axis=0)
    measured = np.sqrt((sums[LOOKBACK:] - sums[:-LOOKBACK]) * (_SECONDS_PER_HOUR / LOOKBACK))
    return _Day(market.price * np.exp(np.cumsum(returns[LOOKBACK:], axis=0)), measured * BPS)


class _Positions(Struct):
    """Over all seconds and paths, relative to the limit."""

    squares: float = 0.0
    largest: float = 0.0


def _trade(
    market: AssumedMarket, day: _Day, spread: Floats, rng: np.random.Generator
) -> _Positions:
    """Quote one level by the recommended reading, and hold what fills."""
    lean = market.gamma / market.sigma_ref * np.square(day.sigma) * market.tau
    paths = day.price.shape[1]
    held, seen = np.zeros(paths), _Positions()
    for price, half, leans in zip(day.price, spread * 0.5, lean, strict=True):
        q_hat = held * price / market.limit
        shift = np.clip(q_hat, -1.0, 1.0) * leans
        bid = np.floor(price * (1.0 - (shift + half) / BPS) / market.tick) * market.tick
        ask = np.ceil(price * (1.0 - (shift - half) / BPS) / market.tick) * market.tick
        size = np.floor(market.order / price / market.lot) * market.lot
        room = market.limit / price - size
        held += size * (held <= room) * _filled(market, 1.0 - bid / price, rng)
        held -= size * (held >= -room) * _filled(market, ask / price - 1.0, rng)
        seen.squares += float(q_hat @ q_hat)
        seen.largest = max(seen.largest, float(np.abs(q_hat).max()))
    return seen


def _filled(market: AssumedMarket, distance: Floats, rng: np.random.Generator) -> NDArray[np.bool_]:
    rate = market.intensity * np.exp(distance * (-BPS * market.kappa / _KAPPA_UNIT_BPS))
    hit: NDArray[np.bool_] = rng.random(distance.shape) < -np.expm1(-rate)
    return hit


def simulate(
    paths: int,
    seed: int,
    progress: Callable[[int], None] = lambda _: None,
    *,
    seconds: int = SECONDS,
) -> tuple[list[ShareRow], list[DayRow]]:
    """Every simulated figure, each market with its own stream of chance. progress is called with
    how many days each chunk finished; seconds: length of a day. Raises InvalidFieldError."""
    if not 1 <= paths <= PATHS_MAX:
        raise InvalidFieldError("paths", paths, f"a whole number from 1 to {PATHS_MAX}")
    if not 0 <= seed <= SEED_MAX:
        raise InvalidFieldError("seed", seed, f"a whole number from 0 to {SEED_MAX}")
    shares: list[ShareRow] = []
    days: list[DayRow] = []
    streams = np.random.SeedSequence(seed).spawn(len(MARKETS))
    for place, (market, stream) in enumerate(zip(MARKETS, streams, strict=True)):
        rng = np.random.Generator(np.random.PCG64(stream))
        tally = _Tally()
        for size in _chunks(paths):
            _simulated(market, _days(market, (seconds, size), rng), rng, tally)
            progress(size)
        shares += _share_rows(place, market, tally)
        days += _day_rows(place, market, tally)
    return shares, days


class _Tally(Struct):
    """What all days of one market add up to. inside, ceiling: seconds, by reading."""

    seconds: int = 0
    spread: float = 0.0
    spread_squares: float = 0.0
    squares: float = 0.0
    largest: float = 0.0
    inside: dict[str, int] = {}
    ceiling: dict[str, int] = {}


def _chunks(paths: int) -> Iterator[int]:
    for start in range(0, paths, _CHUNK):
        yield min(_CHUNK, paths - start)


def _simulated(market: AssumedMarket, day: _Day, rng: np.random.Generator, tally: _Tally) -> None:
    tally.seconds += day.sigma.size
    for reading in _SHARES:
        raw = raw_spread(reading, market, day.sigma, day.price)
        above = int(np.count_nonzero(raw > market.high))
        within = raw.size - above - int(np.count_nonzero(raw < market.low))
        tally.ceiling[reading] = tally.ceiling.get(reading, 0) + above
        tally.inside[reading] = tally.inside.get(reading, 0) + within
    spread = np.clip(raw_spread(NBH, market, day.sigma, day.price), market.low, market.high)
    tally.spread += float(spread.sum())
    tally.spread_squares += float(np.square(spread).sum())
    seen = _trade(market, day, spread, rng)
    tally.squares += seen.squares
    tally.largest = max(tally.largest, seen.largest)


def _share_rows(place: int, market: AssumedMarket, tally: _Tally) -> list[ShareRow]:
    return [
        ShareRow(
            reading,
            market.name,
            *published[place],
            100.0 * tally.inside[reading] / tally.seconds,
            100.0 * tally.ceiling[reading] / tally.seconds,
        )
        for reading, published in _SHARES.items()
    ]


def _day_rows(place: int, market: AssumedMarket, tally: _Tally) -> list[DayRow]:
    mean = tally.spread / tally.seconds
    obtained = {
        "mean spread": mean,
        "s.d. of spread": math.sqrt(max(tally.spread_squares / tally.seconds - mean * mean, 0.0)),
        "s.d. of position": math.sqrt(tally.squares / tally.seconds),
        "largest position": tally.largest,
    }
    return [
        DayRow(market.name, quantity, published[place], obtained[quantity])
        for quantity, published in _DAYS.items()
    ]
