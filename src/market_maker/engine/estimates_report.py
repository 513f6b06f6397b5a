"""Every estimate of a market by name, for readers: those that nothing needs are shown as off."""

from market_maker.engine.estimates import Estimates
from market_maker.engine.market import Market
from market_maker.engine.readers import Readers
from market_maker.estimators.adverse_selection import MarkoutRow
from market_maker.estimators.estimate import Estimate, Estimating, estimate
from market_maker.estimators.fair_price import weighted_mid
from market_maker.estimators.flow import imbalance
from market_maker.estimators.intensity import Fit
from market_maker.estimators.regimes import level_of, regime_of

BPS_OF_MID = "bps of the mid"
FRACTION = "fraction per unit of imbalance"
FACTOR = "factor on gamma"

_READ = (
    ("order_flow_imbalance", "lots", "order_flow"),
    ("vpin", "0 to 1", "vpin"),
    ("hawkes_intensity", "1/s", "hawkes"),
    ("market_spread", BPS_OF_MID, "spread"),
    ("sigma_volume_clock", "bps per sqrt(hour), volume clock", "volume_volatility"),
    ("queue_ahead", "lots", "queue"),
)


class Table:
    """Lines in the making: `count` and `ready` are those of what a line rests on."""

    def __init__(self) -> None:
        self.lines: list[Estimate] = []

    def add(self, name: str, unit: str, source: Estimating | None, value: float | None) -> None:
        """A figure that `source` gives beside its value; off without a source."""
        if source is None:
            self.lines.append(Estimate(name, None, unit, 0, ready=False, off=True))
        else:
            ready = source.ready and value is not None
            self.lines.append(Estimate(name, value, unit, source.count, ready))

    def whole(self, name: str, unit: str, source: Estimating | None) -> None:
        """An estimator's own value."""
        if source is None:
            self.add(name, unit, None, None)
        else:
            self.lines.append(estimate(name, source))


def estimates_of(market: Market) -> tuple[Estimate, ...]:
    """All of them, always in this order."""
    table, estimates = Table(), market.estimates or Estimates()
    _volatility(table, market, estimates)
    _fair(table, market, estimates)
    _trades(table, estimates)
    _flow(table, market, estimates)
    _costs(table, estimates)
    _gamma(table, estimates)
    _read(table, estimates.readers)
    return tuple(table.lines)


def fit_of(market: Market) -> Fit | None:
    """How well the law of fill intensity fits, where that is wanted."""
    intensity = market.estimates.intensity if market.estimates is not None else None
    return intensity.fit if intensity is not None else None


def markouts_of(market: Market) -> tuple[MarkoutRow, ...]:
    """Of our own fills, where adverse selection is wanted."""
    adverse = market.estimates.adverse if market.estimates is not None else None
    return adverse.lines() if adverse is not None else ()


def _volatility(table: Table, market: Market, estimates: Estimates) -> None:
    own, variation = market.volatility, estimates.variation
    seen_samples, wanted_samples = market.samples
    enough = seen_samples >= wanted_samples
    table.lines.append(Estimate("sigma", own.value, own.unit, seen_samples, ready=enough))
    table.add("sigma_ref", own.unit, own, market.sigma_ref or None)
    level, regime = level_of(market.sigma), regime_of(market.sigma, market.sigma_ref)
    table.add("volatility_level", "0 low, 1 medium, 2 high", own, float(level))
    table.add("volatility_regime", "0 normal, 1 high, 2 extreme", own, float(regime))
    seen = variation.variation() if variation else None
    table.add("sigma_clean", own.unit, variation, seen.sigma_clean if seen else None)
    table.add("jump_ratio", "RV/BV", variation, estimates.jump_ratio)


def _fair(table: Table, market: Market, estimates: Estimates) -> None:
    book, readers, regression = market.top, estimates.readers, estimates.regression
    own = market.volatility
    mid = market.mid_x2 * 0.5
    usable = mid > 0 and market.blind is None
    sizes = (book.bid, book.bid_size, book.ask, book.ask_size)
    table.add("weighted_mid", "ticks", own, weighted_mid(*sizes) if usable else None)
    table.whole("microprice", "ticks", _microprice(market, readers))
    table.whole("regression_microprice", "ticks", regression)
    deviation = regression.deviation_bps if regression else None
    table.add("microprice_deviation", BPS_OF_MID, regression, deviation)
    for index, name in enumerate(("beta_book", "beta_flow")):
        table.add(name, FRACTION, regression, regression.betas[index] if regression else None)
    judged = regression.judgement if regression else None
    table.add("forecast_r_squared", "up to 1", regression, judged.r_squared if judged else None)
    table.add("forecast_slope", "1 is right", regression, judged.slope if judged else None)
    table.whole("kalman", "ticks", estimates.kalman)


def _microprice(market: Market, readers: Readers | None) -> Estimating | None:
    """The market's own where that is what is quoted around."""
    if market.fair_price == "microprice":
        return market.microprice
    return readers.microprice if readers else None


def _trades(table: Table, estimates: Estimates) -> None:
    clock, intensity = estimates.clock, estimates.intensity
    fit = intensity.fit if intensity else None
    table.whole("volume_clock", "seconds per bucket", clock)
    table.add("volume_bucket", "lots", clock, float(clock.bucket) if clock else None)
    table.whole("kappa_hat", "1/bps", intensity)
    table.add("intensity", "1/hour", intensity, fit.intensity if fit else None)
    table.add("kappa_hat_line", "1/bps", intensity, fit.line if fit else None)
    table.add("fit_r_squared", "0 to 1", intensity, fit.r_squared if fit else None)
    arrivals = estimates.arrivals
    calibrated = arrivals.fit if arrivals else None
    table.whole("reference_kappa_hat", "1/bps", arrivals)
    table.add(
        "reference_intensity", "1/hour", arrivals, calibrated.intensity if calibrated else None
    )
    table.add(
        "reference_sigma", "bps per sqrt(hour)", arrivals, calibrated.sigma if calibrated else None
    )
    likelihood = fit.log_likelihood if fit else None
    table.add("fit_log_likelihood", "nats per order", intensity, likelihood)


def _flow(table: Table, market: Market, estimates: Estimates) -> None:
    book, flow, depth = market.top, estimates.flow, estimates.depth
    shown = imbalance(book.bid_size, book.ask_size)
    table.add("book_imbalance", "-1 to 1", market.volatility, shown)
    table.whole("flow_imbalance", "-1 to 1", flow)
    table.add("recent_buys", "lots", flow, float(flow.buys) if flow else None)
    table.add("recent_sells", "lots", flow, float(flow.sells) if flow else None)
    table.add("bid_depth", "lots per level", depth, depth.bid if depth else None)
    table.add("ask_depth", "lots per level", depth, depth.ask if depth else None)


def _costs(table: Table, estimates: Estimates) -> None:
    adverse = estimates.adverse
    table.whole("adverse_selection", "bps", adverse)
    error = adverse.standard_error if adverse else None
    table.add("adverse_selection_error", "bps", adverse, error)
    decay = adverse.depth_decay(adverse.horizon) if adverse else None
    table.add("adverse_depth_scale", "bps", adverse, decay.scale_bps if decay else None)
    table.whole("funding", "bps per hour", estimates.funding)
    table.whole("cascade_severity", "0 to 1", estimates.cascade)


def _gamma(table: Table, estimates: Estimates) -> None:
    """The factors as they were last used; 1 while their term is off."""
    variation, cascade = estimates.variation, estimates.cascade
    used = estimates.seen.toxicity if variation else None
    table.add("toxicity_factor", FACTOR, variation, used)
    table.add("tail_factor", FACTOR, cascade, estimates.tail if cascade else None)
    table.lines.append(Estimate("inventory_factor", estimates.inventory, FACTOR, 0, ready=True))


def _read(table: Table, readers: Readers | None) -> None:
    for name, unit, attribute in _READ:
        source: Estimating | None = getattr(readers, attribute) if readers else None
        table.whole(name, unit, source)
    spread = readers.spread if readers else None
    regime = float(spread.regime) if spread else None
    table.add("spread_regime", "0 tight, 1 normal, 2 wide, 3 broken", spread, regime)
    clock = readers.volume_volatility if readers else None
    per_tick = clock.per_tick if clock else None
    table.add("sigma_per_volume_tick", "bps per sqrt(tick)", clock, per_tick)
