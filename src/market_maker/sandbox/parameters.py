"""What kind of market the sandbox is: one Struct, every number with its unit."""

import msgspec
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError


class TraderParameters(Struct, frozen=True, kw_only=True):
    """The traders of one market. The defaults resemble BTCUSDT-PERP at 100,000 with a tick of
    0.1 and a lot of 0.001; sizes in USDT and distances in bps carry over to other instruments.

    Suffixes: _bps of price, _usdt of notional, _s seconds, _per_s events a second. Everything
    is above 0, shares and branching are below 1. Raises InvalidFieldError.

    start_price: quote currency. sigma_*: volatility of the fundamental value, bps per square root
    of hour, in a calm or a stormy regime of exponential length. jump_bps: standard deviation
    of a jump. news_s: time constant in which the public learns of the value. depth_*: accounts
    that keep depth_orders a side, at distances of a power law
    P(further than d) = (distance_min / d)^exponent, and reprice at depth_wakes_per_s in all;
    depth_attention: how far they follow what the public knows, from the mid (0) to all the way (1).
    noise_*: market orders from two Hawkes processes, one a side, log-normal in size, that stop
    beyond noise_slippage_bps; where the value lies `gap` bps on the wrong side of what the public
    knows, a share of 1 - exp(-noise_insight x gap) of them is not sent; and limit orders near the
    touch. informed_*: take what stands informed_edge_bps on the wrong side of the value.
    momentum_*: follow returns.
    """

    start_price: float = 100_000.0

    sigma_calm_bps: float = 45.0
    sigma_stormy_bps: float = 80.0
    calm_s: float = 1_200.0
    stormy_s: float = 180.0
    jumps_per_hour: float = 4.0
    jump_bps: float = 6.0
    news_s: float = 10.0

    depth_accounts: int = 6
    depth_orders: int = 30
    depth_wakes_per_s: float = 30.0
    depth_distance_min_bps: float = 0.02
    depth_distance_max_bps: float = 40.0
    depth_exponent: float = 0.35
    depth_order_usdt: float = 1_200.0
    depth_attention: float = 0.8
    depth_noise_bps: float = 0.05

    noise_orders_per_s: float = 4.0
    noise_branching: float = 0.6
    noise_decay_per_s: float = 3.0
    noise_order_usdt: float = 2_000.0
    noise_order_sigma: float = 2.0
    noise_slippage_bps: float = 12.0
    noise_insight: float = 2.0
    noise_quotes_per_s: float = 5.0
    noise_quote_usdt: float = 1_000.0
    noise_quotes_open: int = 20

    informed_wakes_per_s: float = 4.0
    informed_edge_bps: float = 0.3
    informed_order_usdt: float = 30_000.0

    momentum_wakes_per_s: float = 0.5
    momentum_lookback_s: float = 10.0
    momentum_threshold_bps: float = 2.5
    momentum_order_usdt: float = 15_000.0

    def __post_init__(self) -> None:
        for field in msgspec.structs.fields(self):
            value = getattr(self, field.name)
            if not 0 < value < float("inf"):
                raise InvalidFieldError(field.name, value, "a number above 0")
        for name in ("noise_branching", "depth_attention"):
            if getattr(self, name) >= 1:
                raise InvalidFieldError(name, getattr(self, name), "a number above 0 and below 1")
        if self.depth_distance_min_bps >= self.depth_distance_max_bps:
            allowed = "below depth_distance_max_bps"
            raise InvalidFieldError("depth_distance_min_bps", self.depth_distance_min_bps, allowed)
