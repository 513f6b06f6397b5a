"""Views, and one or more sets of parameters for every strategy there is."""

from hypothesis import strategies as st

from market_maker.quoting.registry import strategy
from market_maker.quoting.view import View
from tests import builders

INTENSITY = {"intensity_per_hour": 360.0}
SATURATING = {"horizon_mode": "saturating"} | INTENSITY

PARAMETERS = [
    ("avellaneda_stoikov", {}),
    ("avellaneda_stoikov", {"delta_hat": "strict"}),
    ("avellaneda_stoikov", SATURATING),
    ("avellaneda_stoikov", SATURATING | {"delta_hat": "strict"}),
    ("calibrated", {"spread_adjustment": 0.5, "lean_adjustment": 2.0}),
    ("glft", INTENSITY),
    ("glft", INTENSITY | {"xi": 0.0}),
    ("glft", INTENSITY | {"mode": "stationary"}),
    ("glft", INTENSITY | {"mode": "finite", "terminal_penalty_bps": 5.0}),
    ("hyperliquid_simplified", {}),
    ("inventory_aware", {"half_spread_bps": 5.0, "skew_bps": 4.0}),
    ("ladder", {}),
    ("ladder", {"around": "glft", "min_depth_bps": 8.0} | INTENSITY),
    ("reference_glft", {"gamma_per_bps": 0.5}),
    ("reference_hummingbot", {"min_spread_bps": 1.0}),
    ("smart", {}),
    ("symmetric", {"half_spread_bps": 5.0}),
]
REFERENCES = ("reference_glft", "reference_hummingbot")
"""They quote as published: on their own calibration, and deaf to our terms."""

OURS = [(name, params) for name, params in PARAMETERS if name not in REFERENCES]
LEANING = [
    (name, params) for name, params in OURS if name not in ("symmetric", "hyperliquid_simplified")
]


def pool(name, params, **fields):
    """The documented BTC row: 50 orders to the position limit."""
    row = {"gamma": 0.05, "kappa": 2, "order_size_usdt": 1_000}
    return builders.pool("X", strategy=name, strategy_params=params, **row | fields)


DELTA_HAT = 0.02


def distances(config, view):
    found = strategy(config)(view)
    return found.bid_bps, found.ask_bps


views = st.builds(
    View,
    q_hat=st.floats(-1.0, 1.0),
    sigma=st.floats(0.0, 1_000.0),
    sigma_ref=st.floats(0.0, 1_000.0),
    delta_hat=st.just(DELTA_HAT),
)
"""With every term of the estimates at its neutral value."""

full_views = st.builds(
    View,
    q_hat=st.floats(-1.5, 1.5),
    sigma=st.floats(0.0, 1e5),
    sigma_ref=st.floats(0.0, 1e5),
    delta_hat=st.just(DELTA_HAT),
    gamma_scale=st.floats(0.01, 100.0),
    kappa_hat=st.one_of(st.just(0.0), st.floats(1e-4, 100.0)),
    intensity=st.one_of(st.just(0.0), st.floats(1e-3, 1e6)),
    drift=st.one_of(st.just(0.0), st.floats(-1e4, 1e4)),
    impact=st.one_of(st.just(0.0), st.floats(0.0, 1e3)),
    pressure=st.floats(-1.0, 1.0),
    buys=st.floats(0.0, 1e9),
    sells=st.floats(0.0, 1e9),
    bid_depth=st.one_of(st.just(0.0), st.floats(1e-9, 1e9)),
    ask_depth=st.one_of(st.just(0.0), st.floats(1e-9, 1e9)),
)
"""Anything that estimates may say."""
