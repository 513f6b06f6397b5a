"""Every strategy there is. A new one is a module with a `build`, and a line here that says what it
needs."""

from collections.abc import Callable
from functools import partial

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting import (
    avellaneda_stoikov,
    calibrated,
    glft,
    hyperliquid_simplified,
    inventory_aware,
    ladder,
    reference_glft,
    reference_hummingbot,
    smart,
    symmetric,
)
from market_maker.quoting.normalised import Normalised
from market_maker.quoting.shape import Shape, even
from market_maker.quoting.strategy import Build, Need, Strategy


class StrategyKind(Struct, frozen=True):
    """Everything that the rest of the program must know of a strategy. shape: where its levels
    stand. needs: what it uses beside volatility and the position. kappa_unit_bps: what its
    kappa is per, unless a parameter of that name says otherwise."""

    build: Build
    shape: Callable[[PoolConfig], Shape] = even
    needs: frozenset[Need] = frozenset()
    kappa_unit_bps: float = Normalised().kappa_unit_bps


_TWO_SIDED = {
    "avellaneda_stoikov": StrategyKind(avellaneda_stoikov.build),
    "calibrated": StrategyKind(calibrated.build, needs=frozenset({Need.ARRIVALS})),
    "glft": StrategyKind(glft.build),
    "hyperliquid_simplified": StrategyKind(
        hyperliquid_simplified.build,
        kappa_unit_bps=hyperliquid_simplified.Params().kappa_unit_bps,
    ),
    "inventory_aware": StrategyKind(inventory_aware.build),
    "reference_glft": StrategyKind(reference_glft.build, needs=frozenset({Need.ARRIVALS})),
    "reference_hummingbot": StrategyKind(
        reference_hummingbot.build, needs=frozenset({Need.ARRIVALS})
    ),
    "smart": StrategyKind(smart.build, needs=frozenset({Need.DEPTH, Need.FLOW})),
    "symmetric": StrategyKind(symmetric.build),
}
"""Those that say where the best bid and ask stand."""

_BUILDS = {name: kind.build for name, kind in _TWO_SIDED.items()}

KINDS = {**_TWO_SIDED, "ladder": StrategyKind(partial(ladder.build, builds=_BUILDS), ladder.shape)}
"""By the name that a pool's `strategy` has."""

STRATEGIES: tuple[str, ...] = tuple(KINDS)
"""Names that a pool's `strategy` may have."""


def innermost(config: PoolConfig) -> StrategyKind:
    """The strategy that says where the best quotes stand: the one inside a ladder, else the pool's
    own. Raises InvalidFieldError for a name that is none."""
    if config.strategy == "ladder":
        return _kind("strategy_params.around", ladder.around(config), _TWO_SIDED)
    return _kind("strategy", config.strategy, KINDS)


def _kind(field: str, name: str, kinds: dict[str, StrategyKind]) -> StrategyKind:
    kind = kinds.get(name)
    if kind is None:
        raise InvalidFieldError(field, name, "one of " + ", ".join(kinds))
    return kind


def strategy(config: PoolConfig) -> Strategy:
    """The function that quotes for this pool.

    Raises InvalidFieldError for an unknown strategy or parameters that it does not allow.
    """
    return _kind("strategy", config.strategy, KINDS).build(config)


def shape(config: PoolConfig) -> Shape:
    """Where the levels of this pool stand behind the best one, and their sizes.

    Raises InvalidFieldError as `strategy` does.
    """
    return _kind("strategy", config.strategy, KINDS).shape(config)
