"""A fixed half-spread around fair, whatever we hold: the yardstick for every other strategy."""

from typing import Annotated

from msgspec import Meta, Struct

from market_maker.model.pool import PoolConfig
from market_maker.quoting.strategy import Strategy, read_params
from market_maker.quoting.view import Distances, View


class Params(Struct, frozen=True):
    """half_spread_bps: distance of the best quote of each side from fair, bps."""

    half_spread_bps: Annotated[
        float, Meta(ge=0, le=5_000, description="a number from 0 to 5000 bps")
    ]


def build(config: PoolConfig) -> Strategy:
    """Quotes that never lean. Raises InvalidFieldError."""
    half = read_params(config.strategy_params, Params).half_spread_bps
    distances = Distances(half, half)

    def quote(view: View) -> Distances:
        del view
        return distances

    return quote
