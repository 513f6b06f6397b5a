"""Every estimate of a market by name, for readers: those that nothing needs are off."""

from collections.abc import Iterator
from typing import Any

from market_maker.engine.estimates import ROWS, Estimates
from market_maker.engine.estimator_rows import EstimateLine, EstimateMetric
from market_maker.engine.lasting_fit import LastingFit
from market_maker.engine.market import Market
from market_maker.engine.volatility_estimators import FACTOR
from market_maker.estimators.adverse_selection import AdverseSelection, MarkoutRow
from market_maker.estimators.estimate import Estimate
from market_maker.estimators.fair_price import Microprice, weighted_mid
from market_maker.estimators.flow import imbalance
from market_maker.estimators.intensity import Fit
from market_maker.estimators.regimes import level_of, regime_of
from market_maker.estimators.volatility import BPS_PER_SQRT_HOUR

SIGMA = EstimateLine[Market](
    "sigma",
    BPS_PER_SQRT_HOUR,
    lambda market, _: market.volatility.value,
    "volatility of the mid, sampled once a second over `vol_lookback_seconds`, or EWMA "
    "(`volatility`)",
    "`warmup_samples`",
    EstimateMetric("mm_sigma", "Volatility, fraction per square root of second", 6e5),
)
OF_MARKET: tuple[EstimateLine[Market], ...] = (
    EstimateLine(
        "sigma_ref",
        BPS_PER_SQRT_HOUR,
        lambda market, _: market.sigma_ref or None,
        "the same with a half-life of a day: what is normal here",
        "likewise",
    ),
    EstimateLine(
        "volatility_level",
        "0 low, 1 medium, 2 high",
        lambda market, _: float(level_of(market.sigma)),
        "low below 100, high from 300 bps per sqrt(hour): the smart engine's 1 % and 3 %, per "
        "sqrt(hour)",
        "likewise",
    ),
    EstimateLine(
        "volatility_regime",
        "0 normal, 1 high, 2 extreme",
        lambda market, _: float(regime_of(market.sigma, market.sigma_ref)),
        "sigma / sigma_ref: high from 2, extreme from 4",
        "likewise",
        EstimateMetric("mm_volatility_regime", "0 normal, 1 high, 2 extreme"),
    ),
    EstimateLine(
        "weighted_mid",
        "ticks",
        lambda market, _: _weighted_mid(market),
        "best prices weighted by the opposite size",
        "with the book",
    ),
    EstimateLine(
        "book_imbalance",
        "-1 to 1",
        lambda market, _: imbalance(market.top.bid_size, market.top.ask_size),
        "(bids - asks)/(bids + asks) at the best prices",
        "with the book",
        EstimateMetric("mm_book_imbalance", "Book imbalance at the best prices, -1 to 1"),
    ),
)
MICROPRICE = EstimateLine[Microprice](
    "microprice",
    "ticks",
    lambda own, _: own.value,
    "Stoikov's: where the mid is expected to go",
    "1,000 changes; the mid until then, and status, `replay` and `estimates` say so "
    "(`fair_source`)",
)
INVENTORY = EstimateLine[None](
    "inventory_factor",
    FACTOR,
    lambda _, factors: factors.inventory,
    "what gamma was last multiplied by for the position",
    "always",
)


_NOTHING_FED = Estimates()


def all_lines() -> Iterator[EstimateLine[Any]]:
    """Every figure that can be read, in the order in which they are shown."""
    first: tuple[EstimateLine[Any], ...] = (SIGMA, *OF_MARKET, MICROPRICE)
    yield from first
    for row in ROWS:
        yield from row.lines
    yield INVENTORY


def estimates_of(market: Market) -> tuple[Estimate, ...]:
    """All of them, always in this order."""
    fed = {each.name: each for each in fed_estimates(market)}
    return tuple(fed.get(line.name) or line.off() for line in all_lines())


def fed_estimates(market: Market) -> tuple[Estimate, ...]:
    """Those of `estimates_of` that the configuration needs, a few of sixty: in a picture that is
    made several times a second the others cost more than all else in it."""
    estimates, own = market.estimates or _NOTHING_FED, market.volatility
    factors, (samples, wanted) = estimates.factors, market.samples
    value = SIGMA.value(market, factors)
    found = [Estimate(SIGMA.name, value, SIGMA.unit, samples, ready=samples >= wanted)]
    found += [line.read(market, own, factors) for line in OF_MARKET]
    quoted = market.microprice if market.fair_price == "microprice" else None
    microprice = quoted or estimates.find(Microprice)
    if microprice is not None:
        found.append(MICROPRICE.read(microprice, microprice, factors))
    for row, estimator in estimates.running():
        found += [line.read(estimator, estimator, factors) for line in row.lines]
    found.append(Estimate(INVENTORY.name, factors.inventory, INVENTORY.unit, 0, ready=True))
    return tuple(found)


def fit_of(market: Market) -> Fit | None:
    """How well the law of fill intensity fits, where that is wanted."""
    intensity = market.estimates.find(LastingFit) if market.estimates is not None else None
    return intensity.fit if intensity is not None else None


def markouts_of(market: Market) -> tuple[MarkoutRow, ...]:
    """Of our own fills, where adverse selection is wanted."""
    adverse = market.estimates.find(AdverseSelection) if market.estimates is not None else None
    return adverse.lines() if adverse is not None else ()


def _weighted_mid(market: Market) -> float | None:
    book = market.top
    if market.mid_x2 <= 0 or market.blind is not None:
        return None
    return weighted_mid(book.bid, book.bid_size, book.ask, book.ask_size)
