"""The strategies that the kernel calls itself."""

from market_maker.decision_kernel import decision_layout as layouts
from market_maker.decision_kernel.scope import is_asked_for
from market_maker.model.pool import PoolConfig
from market_maker.quoting import avellaneda_stoikov, calibrated, glft, smart
from market_maker.quoting.avellaneda_stoikov import AvellanedaStoikovTerms
from market_maker.quoting.calibrated import CalibratedTerms
from market_maker.quoting.glft import GlftTerms
from market_maker.quoting.smart import SmartTerms
from market_maker.quoting.strategy import read_params

StrategyTerms = AvellanedaStoikovTerms | CalibratedTerms | GlftTerms | SmartTerms


def compiled_strategy(config: PoolConfig) -> tuple[int, StrategyTerms] | None:
    """The kind of a pool's strategy and what it fixes, where the kernel calls it itself. With a
    target of uptime the spread depends on more than sample and position."""
    if config.target_spread_bps or is_asked_for(config):
        return None
    if config.strategy == "avellaneda_stoikov":
        return layouts.AVELLANEDA_STOIKOV, avellaneda_stoikov.terms_of(config)
    if config.strategy == "calibrated":
        return layouts.CALIBRATED, calibrated.terms_of(config)
    if config.strategy == "smart":
        return layouts.SMART, smart.terms_of(config)
    if config.strategy == "glft":
        params = read_params(config.strategy_params, glft.Params)
        if params.mode == "closed_form":
            return layouts.GLFT, glft.terms_of(config, params)
    return None
