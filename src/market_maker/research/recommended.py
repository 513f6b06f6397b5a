"""The pool that we recommend where quotes stand near the best prices, and those it is judged by.

Terms are on or off by the ablation table in docs/comparing-strategies.md. Dials stand at 1, which
is the model. gamma is one of four values that were tried on all recordings of that page at once,
the price threshold one of several; the page judges both on halves held out. Documented fields
that are not named here keep their documented defaults.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from market_maker.model.pool import PoolConfig
from market_maker.research.equal_turnover import Contender
from market_maker.research.replay import default_config, with_in_house_member

RECOMMENDED = "recommended"
DUST = (5, 50)
"""Per cent of an order: levels worth less make no price in two rows of the ablation."""

REFERENCES = ("reference_glft", "reference_hummingbot")


def recommended_config(symbol: str) -> PoolConfig:
    """It quotes by `calibrated` around the regression's forecast, and reacts to the market. Its
    limit is ten orders; the floor of the spread is left to the strategy."""
    config = msgspec.structs.replace(
        default_config(symbol),
        strategy="calibrated",
        gamma=Decimal(30),
        min_spread_bps=Decimal(0),
        price_threshold_bps=Decimal("0.5"),
        max_pool_position_usdt=Decimal(10_000),
        react=True,
        fair_price="regression",
        members=(),
    )
    return with_in_house_member(config)


def contenders(config: PoolConfig) -> Sequence[Contender]:
    """`config` and both references: at the same sizes, limits, clamps, threshold and interval, but
    as published, around the mid and on a timer."""
    published = msgspec.structs.replace(
        config,
        react=False,
        fair_price="mid",
        use_depth=False,
        dust_usdt=Decimal(0),
        lead_symbol="",
        one_sided_bps=Decimal(0),
        sigma_horizon_seconds=0,
        use_impact=False,
        use_toxicity=False,
        use_inventory_gamma=False,
        strategy_params={},
    )
    others = [
        Contender(name, msgspec.structs.replace(published, strategy=name)) for name in REFERENCES
    ]
    label = RECOMMENDED if config.strategy == "calibrated" else config.strategy
    return [Contender(label, config), *others]


def ablations(config: PoolConfig, led: PoolConfig | None = None) -> Sequence[Contender]:
    """`config`, then it with one term changed at a time: each that is on turned off, each that is
    off turned on, and dials of the recommended pool moved to either side. led: `config` with a
    market that may lead it, where there is one."""
    changes: list[tuple[str, dict[str, object]]] = [
        ("without react", {"react": not config.react}),
        ("fair: mid", {"fair_price": "mid"}),
        ("fair: microprice", {"fair_price": "microprice"}),
        ("no lean", {"strategy_params": {**config.strategy_params, "lean_adjustment": 0.0}}),
        ("twice the lean", {"strategy_params": {**config.strategy_params, "lean_adjustment": 2.0}}),
        ("gamma / 3", {"gamma": config.gamma / 3}),
        ("gamma x 3", {"gamma": min(config.gamma * 3, Decimal(100))}),
        ("threshold 5 bps", {"price_threshold_bps": Decimal(5)}),
        ("interval 20 ms", {"quote_interval_ms": Decimal(20)}),
        ("threshold 0", {"price_threshold_bps": Decimal(0)}),
        ("use_kappa: estimated", {"use_kappa": "estimated"}),
        ("use_kappa: estimated_only", {"use_kappa": "estimated_only"}),
        ("with use_depth", {"use_depth": not config.use_depth}),
        ("one side from 0.25 bps", {"one_sided_bps": Decimal("0.25")}),
        ("one side from 0.5 bps", {"one_sided_bps": Decimal("0.5")}),
        ("sigma over 30 s", {"sigma_horizon_seconds": 0 if config.sigma_horizon_seconds else 30}),
        ("with use_cascade", {"use_cascade": not config.use_cascade}),
        ("with use_funding", {"use_funding": not config.use_funding}),
        ("with use_impact", {"use_impact": not config.use_impact}),
        ("with use_toxicity", {"use_toxicity": not config.use_toxicity}),
        ("with use_inventory_gamma", {"use_inventory_gamma": not config.use_inventory_gamma}),
    ]
    for pct in DUST:
        change = {"dust_usdt": config.order_size_usdt * pct / 100}
        changes.append((f"dust below {pct} % of an order", {**change}))
    others = [
        Contender(label, msgspec.structs.replace(config, **change)) for label, change in changes
    ]
    if led is not None:
        others.append(Contender("with a lead", led))
    return [Contender(RECOMMENDED, config), *others]
