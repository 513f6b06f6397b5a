"""Every strategy there is. A new one is a module with a `build`, and a line here."""

from collections.abc import Callable
from functools import partial

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting import (
    avellaneda_stoikov,
    glft,
    hyperliquid_simplified,
    inventory_aware,
    ladder,
    smart,
    symmetric,
)
from market_maker.quoting.shape import Shape, even
from market_maker.quoting.strategy import Build, Strategy

_TWO_SIDED: dict[str, Build] = {
    "avellaneda_stoikov": avellaneda_stoikov.build,
    "glft": glft.build,
    "hyperliquid_simplified": hyperliquid_simplified.build,
    "inventory_aware": inventory_aware.build,
    "smart": smart.build,
    "symmetric": symmetric.build,
}
"""Those that say where the best bid and ask stand."""

_BUILDS: dict[str, Build] = {
    **_TWO_SIDED,
    "ladder": partial(ladder.build, builds=_TWO_SIDED),
}

_SHAPES: dict[str, Callable[[PoolConfig], Shape]] = {"ladder": ladder.shape}
"""Of strategies that place their levels themselves."""

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


def shape(config: PoolConfig) -> Shape:
    """Where the levels of this pool stand behind the best one, and their sizes.

    Raises InvalidFieldError as `strategy` does.
    """
    return _SHAPES.get(config.strategy, even)(config)
