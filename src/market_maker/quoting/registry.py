"""Every strategy there is. A new one is a module with a `build`, and a line here."""

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting import avellaneda_stoikov, symmetric
from market_maker.quoting.strategy import Build, Strategy

_BUILDS: dict[str, Build] = {
    "avellaneda_stoikov": avellaneda_stoikov.build,
    "symmetric": symmetric.build,
}

STRATEGIES: tuple[str, ...] = tuple(_BUILDS)
"""Names that a pool's `strategy` may have."""


def strategy(config: PoolConfig) -> Strategy:
    """The function that quotes for this pool.

    Raises InvalidFieldError for an unknown strategy or parameters that it does not allow.
    """
    build = _BUILDS.get(config.strategy)
    if build is None:
        raise InvalidFieldError("strategy", config.strategy, "one of " + ", ".join(STRATEGIES))
    return build(config)
