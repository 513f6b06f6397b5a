"""What a fill was worth when it happened and what the market did to it after (math 3.8)."""

from msgspec import Struct

from market_maker.model.orders import Side
from market_maker.model.units import BPS


class Markout(Struct, frozen=True, gc=False):
    """One fill at one horizon, bps of the mid at the fill.

    edge_bps: what the fill earned against the mid; > 0 for a maker's fill. adverse_bps: how far
    the mid then moved against us; < 0 when it moved our way.
    """

    edge_bps: float
    adverse_bps: float

    @property
    def markout_bps(self) -> float:
        """What is left of the edge at the horizon."""
        return self.edge_bps - self.adverse_bps


def markout(side: Side, fill_price: float, mid_at_fill: float, mid_at_horizon: float) -> Markout:
    """Edge and adverse selection of our fill. Prices > 0, all in one unit (ticks or quote)."""
    per_price = side.sign * BPS / mid_at_fill
    return Markout(
        edge_bps=(mid_at_fill - fill_price) * per_price,
        adverse_bps=(mid_at_fill - mid_at_horizon) * per_price,
    )
