"""The law of fill intensity as quotes take it: a lost fit stands for a while, then it is said."""

from market_maker.engine.estimator_rows import Seen
from market_maker.estimators.intensity import FillIntensity
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.quoting.registry import innermost

FIT_PATIENCE_SECONDS = 60.0
"""How long the last good fit of fill intensity stands when the data no longer carry one."""


class LastingFit(FillIntensity):
    """good_kappa: the decay of the last fit that the data alone carried, 1/bps; 0.0 before one.
    lost: quotes are to rest on data alone, and those have not carried a fit for longer than
    FIT_PATIENCE_SECONDS."""

    __slots__ = ("_good_at", "good_kappa", "lost")

    def __init__(self, seconds: float, prior: float) -> None:
        super().__init__(seconds, prior)
        self.good_kappa = 0.0
        self.lost = False
        self._good_at = 0

    def contribute(self, now: Nanos, config: PoolConfig, seen: Seen) -> None:
        """The measured decay as of the last fit, at `now`: with the configured one as its prior,
        or, where data alone shall count, the last that they carried."""
        fit = self.fit
        if config.use_kappa == "estimated":
            seen.kappa_hat = fit.kappa_hat
            seen.intensity = fit.intensity if fit.usable else 0.0
            return
        if fit.usable:
            self.good_kappa, self._good_at = fit.measured, now
        patience = int(FIT_PATIENCE_SECONDS * NANOS_PER_SECOND)
        self.lost = self.good_kappa > 0.0 and now - self._good_at > patience
        seen.kappa_hat, seen.intensity = self.good_kappa, fit.intensity


def configured_kappa_hat(config: PoolConfig) -> float:
    """kappa per bps, whatever the strategy's own unit is."""
    unit = innermost(config).kappa_unit_bps
    given = config.strategy_params.get("kappa_unit_bps", unit)
    return float(config.kappa) / float(given or unit)
