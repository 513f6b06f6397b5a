"""A ladder of levels around the quotes of another strategy.

The strategy named by `around` says where the best bid and ask stand; this one keeps each of them at
least min_depth_bps from the middle of the two, spreads the others evenly or geometrically out to
max_depth_bps, or as custom_depths lists them, and sets a size for each level. A side that the other
strategy silences stays silent. Every parameter that is not the ladder's own goes to that strategy.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting.shape import SPACING_MIN_BPS, Shape, check_multiple
from market_maker.quoting.strategy import Build, Strategy, read_params
from market_maker.quoting.view import Distances, View

SIZE_MAX = 100.0
DEPTH_MIN_BPS, DEPTH_MAX_BPS = 0.001, 5_000.0

_DEPTH = Annotated[
    float,
    Meta(ge=DEPTH_MIN_BPS, le=DEPTH_MAX_BPS, description="a number from 0.001 to 5000 bps"),
]
_BY_STEPS = ("min_depth_bps", "max_depth_bps")


class Params(Struct, frozen=True):
    """around: the strategy of the best quotes. min_depth_bps, max_depth_bps: distance of the
    nearest and of the farthest level from the middle, on each side, while the strategy wants the
    best no further out than min_depth_bps; when it wants it further, all levels move out with it.
    spacing: "geometric", each step a constant factor, "linear", or "custom": the distances are
    those of custom_depths, bps, such as "5, 8, 20", growing, one for each of num_levels, and stand
    in place of min_depth_bps and max_depth_bps.
    sizes, as multiples of order_size_usdt: "equal", 1 each; "linear", growing outwards as 1, 2,
    3...; "geometric", each size_ratio times the one before; both scaled so that the mean is 1; or
    "custom", the numbers of custom_sizes, such as "1, 2, 3", one for each of num_levels.
    """

    around: Annotated[str, Meta(description="the name of another strategy")] = "avellaneda_stoikov"
    min_depth_bps: _DEPTH = 5.0
    max_depth_bps: _DEPTH = 50.0
    spacing: Annotated[
        Literal["geometric", "linear", "custom"],
        Meta(description="one of geometric, linear, custom"),
    ] = "geometric"
    custom_depths: Annotated[
        str, Meta(max_length=500, description='growing numbers of bps such as "5, 8, 20"')
    ] = ""
    sizes: Annotated[
        Literal["equal", "linear", "geometric", "custom"],
        Meta(description="one of equal, linear, geometric, custom"),
    ] = "equal"
    size_ratio: Annotated[
        float, Meta(ge=0.1, le=10, description="a number from 0.1 to 10, from level to level")
    ] = 1.5
    custom_sizes: Annotated[
        str, Meta(max_length=500, description='numbers above 0 such as "1, 2, 3"')
    ] = ""


def build(config: PoolConfig, builds: Mapping[str, Build]) -> Strategy:
    """The best quotes of the strategy inside, one of `builds`. Raises InvalidFieldError."""
    params, rest = _split(config)
    shape(config)
    if params.around not in builds:
        allowed = "one of " + ", ".join(builds)
        raise InvalidFieldError("strategy_params.around", params.around, allowed)
    inside = msgspec.structs.replace(config, strategy=params.around, strategy_params=rest)
    quote_inside, least = builds[params.around](inside), _nearest(params)

    def quote(view: View) -> Distances:
        found = quote_inside(view)
        bid, ask = found.bid_bps, found.ask_bps
        near = least - 0.5 * (bid + ask)
        if near <= 0.0:  # also when a side is silent, which is infinitely far
            return found
        return Distances(bid + near, ask + near, found.bid_size, found.ask_size)

    return quote


def around(config: PoolConfig) -> str:
    """The name of the strategy inside. Raises InvalidFieldError."""
    params, _ = _split(config)
    return params.around


def shape(config: PoolConfig) -> Shape:
    """Where the levels stand, and their sizes. Raises InvalidFieldError."""
    params, _ = _split(config)
    return Shape(_offsets(config, params), _sizes(config, params))


def _split(config: PoolConfig) -> tuple[Params, dict[str, str | int | float | bool | None]]:
    given, own = config.strategy_params, Params.__struct_fields__
    params = read_params({name: each for name, each in given.items() if name in own}, Params)
    return params, {name: each for name, each in given.items() if name not in own}


def _nearest(params: Params) -> float:
    """bps from the middle to the nearest level."""
    return _numbers(params.custom_depths)[0] if params.custom_depths else params.min_depth_bps


def _offsets(config: PoolConfig, params: Params) -> tuple[float, ...]:
    if params.spacing == "custom":
        return _listed(config, params)
    if params.custom_depths:
        allowed = "nothing, unless spacing is custom"
        raise InvalidFieldError("strategy_params.custom_depths", params.custom_depths, allowed)
    low, high, steps = params.min_depth_bps, params.max_depth_bps, config.num_levels - 1
    if 2 * low > config.max_spread_bps:
        raise InvalidFieldError("strategy_params.min_depth_bps", low, _nearest_allowed(config))
    if not steps:
        return (0.0,)
    if params.spacing == "linear":
        offsets = tuple((high - low) * level / steps for level in range(steps + 1))
    else:
        offsets = tuple(low * (high / low) ** (level / steps) - low for level in range(steps + 1))
    if offsets[1] < SPACING_MIN_BPS:
        allowed = (
            f"above min_depth_bps ({low:g}), so that {config.num_levels} levels stand at least "
            f"{SPACING_MIN_BPS} bps apart"
        )
        raise InvalidFieldError("strategy_params.max_depth_bps", high, allowed)
    return offsets


def _nearest_allowed(config: PoolConfig) -> str:
    return f"at most half of max_spread_bps ({config.max_spread_bps})"


def _listed(config: PoolConfig, params: Params) -> tuple[float, ...]:
    """Offsets of custom_depths."""
    for name in _BY_STEPS:
        if name in config.strategy_params:
            value = config.strategy_params[name]
            raise InvalidFieldError(f"strategy_params.{name}", value, "nothing with custom_depths")
    depths, field = _numbers(params.custom_depths), "strategy_params.custom_depths"
    within = all(DEPTH_MIN_BPS <= depth <= DEPTH_MAX_BPS for depth in depths)
    apart = all(after - before >= SPACING_MIN_BPS for before, after in pairwise(depths))
    if len(depths) != config.num_levels or not (within and apart):
        allowed = (
            f"{config.num_levels} numbers from {DEPTH_MIN_BPS:g} to {DEPTH_MAX_BPS:g} with commas "
            f"between them, each at least {SPACING_MIN_BPS} above the one before, one for each of "
            "num_levels"
        )
        raise InvalidFieldError(field, params.custom_depths, allowed)
    if 2 * depths[0] > config.max_spread_bps:
        raise InvalidFieldError(field, depths[0], f"{_nearest_allowed(config)} in the first place")
    return tuple(depth - depths[0] for depth in depths)


def _sizes(config: PoolConfig, params: Params) -> tuple[float, ...]:
    if params.custom_sizes and params.sizes != "custom":
        allowed = "nothing, unless sizes is custom"
        raise InvalidFieldError("strategy_params.custom_sizes", params.custom_sizes, allowed)
    if params.sizes == "custom":
        sizes = _custom(config, params.custom_sizes)
        check_multiple(config, "strategy_params.custom_sizes", max(sizes))
        return sizes
    raw = [_growth(params, level) for level in range(config.num_levels)]
    mean = sum(raw) / len(raw)
    sizes = tuple(size / mean for size in raw)
    check_multiple(config, "strategy_params.sizes", max(sizes))
    return sizes


def _growth(params: Params, level: int) -> float:
    if params.sizes == "linear":
        return level + 1.0
    return params.size_ratio**level if params.sizes == "geometric" else 1.0


def _custom(config: PoolConfig, text: str) -> tuple[float, ...]:
    """One for each level."""
    sizes = _numbers(text)
    if len(sizes) != config.num_levels or not all(0.0 < size <= SIZE_MAX for size in sizes):
        allowed = (
            f"{config.num_levels} numbers above 0 to {SIZE_MAX:g} with commas between them, one "
            "for each of num_levels"
        )
        raise InvalidFieldError("strategy_params.custom_sizes", text, allowed)
    return sizes


def _numbers(text: str) -> tuple[float, ...]:
    """With commas between them; none where one of them is no number."""
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        return ()
