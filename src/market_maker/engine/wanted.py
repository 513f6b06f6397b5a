"""Which estimates a configuration needs."""

from msgspec import Struct

from market_maker.model.pool import PoolConfig
from market_maker.quoting.registry import innermost
from market_maker.quoting.strategy import Need


class Wanted(Struct, frozen=True):
    """By what they are for. kappa, cascade, toxicity, impact, funding, inventory: the terms of
    these names. regression, kalman: fair price. needs: what the strategy looks at. all: every
    one, for readers."""

    kappa: bool
    cascade: bool
    toxicity: bool
    impact: bool
    funding: bool
    inventory: bool
    regression: bool
    kalman: bool
    needs: frozenset[Need]
    all: bool

    @property
    def any(self) -> bool:
        """Whether there is anything to feed."""
        return any(getattr(self, field) for field in self.__struct_fields__)

    @property
    def warmup(self) -> bool:
        """Whether quotes depend on trades so much that they wait for some."""
        return self.kappa or self.cascade or self.regression

    @property
    def depth(self) -> bool:
        """Whether sizes near the mid are wanted by quotes."""
        return Need.DEPTH in self.needs

    @property
    def flow(self) -> bool:
        """Whether recent buys and sells are wanted."""
        return self.regression or Need.FLOW in self.needs or self.all

    @property
    def arrivals(self) -> bool:
        """Whether the references' calibration is wanted by quotes."""
        return Need.ARRIVALS in self.needs

    @property
    def trades(self) -> bool:
        """Whether trades must be told."""
        return self.warmup or self.flow or self.arrivals


def wanted(config: PoolConfig) -> Wanted:
    """What `config` needs."""
    return Wanted(
        kappa=config.use_kappa != "configured",
        cascade=config.use_cascade,
        toxicity=config.use_toxicity,
        impact=config.use_impact,
        funding=config.use_funding,
        inventory=config.use_inventory_gamma,
        regression=config.fair_price == "regression",
        kalman=config.fair_price == "kalman",
        needs=innermost(config).needs,
        all=config.estimators == "all",
    )


def needs_trades(config: PoolConfig) -> bool:
    """Whether an engine with this configuration must be told of trades."""
    return wanted(config).trades


def configured_kappa_hat(config: PoolConfig) -> float:
    """kappa per bps, whatever the strategy's own unit is."""
    unit = innermost(config).kappa_unit_bps
    given = config.strategy_params.get("kappa_unit_bps", unit)
    return float(config.kappa) / float(given or unit)


def law_of(config: PoolConfig) -> tuple[object, ...]:
    """What the fit of fill intensity is made with: when one of these changes it begins anew."""
    return configured_kappa_hat(config), config.use_kappa
