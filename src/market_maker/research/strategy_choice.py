"""A pool with another strategy in it, which begins with parameters of its own."""

import msgspec

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting import avellaneda_stoikov
from market_maker.quoting.registry import STRATEGIES

FILLS_PER_HOUR = 360.0
"""Where none was measured: of one order at fair, one side (math 2.4)."""


def with_strategy(config: PoolConfig, name: str) -> PoolConfig:
    """`config` with the strategy `name`. The parameters in it belong to the strategy in it, so
    another one starts with its own: see `starting_params`. Raises InvalidFieldError for a name
    that is no strategy."""
    if name == config.strategy:
        return config
    if name not in STRATEGIES:
        raise InvalidFieldError("strategy", name, "one of " + ", ".join(STRATEGIES))
    params = starting_params(config, name)
    return msgspec.structs.replace(config, strategy=name, strategy_params=params)


def starting_params(config: PoolConfig, name: str) -> dict[str, str | int | float | bool | None]:
    """What a strategy begins with on this pool by default: the half-spread that
    is optimal without risk, 1/kappa, for those that want one, leaned by all of it at a full
    position; a fill every ten seconds at fair for GLFT; kappa read per 10 bps, as everywhere else,
    for the simplified formula; the documented values otherwise."""
    unit = avellaneda_stoikov.Params().kappa_unit_bps
    half = unit / float(config.kappa)
    params: dict[str, dict[str, str | int | float | bool | None]] = {
        "symmetric": {"half_spread_bps": half},
        "inventory_aware": {"half_spread_bps": half, "skew_bps": half},
        "glft": {"intensity_per_hour": FILLS_PER_HOUR},
        "hyperliquid_simplified": {"kappa_unit_bps": unit},
    }
    return params.get(name, {})
