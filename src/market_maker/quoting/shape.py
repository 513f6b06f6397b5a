"""How a pool's levels stand behind the best one, and how large each of them is."""

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig

SPACING_MIN_BPS = 0.001
"""Levels closer than this are the same level."""


class Shape(Struct, frozen=True):
    """One item for each level, the best one first. offsets_bps: how much further from fair than
    the best level, bps, never falling; the first is 0. sizes: multiples of order_size_usdt, > 0."""

    offsets_bps: tuple[float, ...]
    sizes: tuple[float, ...]


def even(config: PoolConfig) -> Shape:
    """num_levels levels of equal size, level_spacing_bps apart. Raises InvalidFieldError when they
    would overlap."""
    spacing = float(config.level_spacing_bps)
    if config.num_levels > 1 and spacing < SPACING_MIN_BPS:
        allowed = f"at least {SPACING_MIN_BPS} bps with more than one level: levels would overlap"
        raise InvalidFieldError("level_spacing_bps", config.level_spacing_bps, allowed)
    offsets = tuple(level * spacing for level in range(config.num_levels))
    return Shape(offsets, (1.0,) * config.num_levels)


def check_multiple(config: PoolConfig, field: str, multiple: float) -> None:
    """Raises InvalidFieldError when so many times order_size_usdt could never be placed."""
    most = config.max_order_value_usdt or 2 * config.order_size_usdt
    share = float(most / config.order_size_usdt)
    if multiple > share:
        allowed = f"at most {share:g} times order_size_usdt: max_order_value_usdt allows {most}"
        raise InvalidFieldError(field, multiple, allowed)
