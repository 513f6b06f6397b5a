"""Numeric cases of the strategies: one function for each group of cases."""

from decimal import Decimal
from math import inf

from market_maker.model.pool import PoolConfig
from market_maker.model.units import BPS
from market_maker.quoting.closed_forms import LotMarket, half_and_lean
from market_maker.quoting.exact_quotes import distances, stationary
from market_maker.quoting.finite_horizon import finite
from market_maker.quoting.registry import strategy
from market_maker.quoting.view import View

SECONDS_PER_HOUR = 3_600


def _lot_market(i):
    """Inventory in lots of delta units: every aversion is per lot."""
    delta = i.get("delta", 1.0)
    gamma, xi = i["gamma"] * delta, i.get("xi", i["gamma"]) * delta
    drift, impact = i.get("mu", 0.0), i.get("impact", 0.0)
    return LotMarket(gamma, i["sigma"], i["k"], i["A"], xi, drift, impact)


def glft_c1c2(i):
    market = _lot_market(i)
    half, lean, _ = half_and_lean(market)
    delta = i["delta"]
    return {
        "c1": market.premium(),
        "c2": lean / delta / i["sigma"],
        "half_spread": half,
        "skew_per_unit": lean / delta,
        "eta": market.eta(),
    }


def glft_closed(i):
    half, lean, omega = half_and_lean(_lot_market(i))
    rise = i.get("mu", 0.0) / omega

    def quote(units):
        shift = lean * units / i.get("delta", 1.0) - rise
        return {"bid": half + shift, "ask": half - shift}

    return {"quotes": Quotes(quote)}


class Quotes:
    """Distances by what is held, as a case writes it; a silent side is None."""

    def __init__(self, quote):
        self._quote = quote

    def __getitem__(self, held):
        return {
            side: None if distance == inf else distance
            for side, distance in self._quote(float(held)).items()
        }


def _exact(log_ratios, market):
    def quote(lots):
        bid, ask = distances(log_ratios, lots, market, market.premium())
        return {"bid": bid, "ask": ask}

    return Quotes(quote)


def glft_stationary(i):
    market = _lot_market(i)
    found = stationary(market, i["Q"])
    return {
        "quotes": _exact(found.log_ratios, market),
        "smallest_eigenvalue": found.eigenvalue,
    }


def glft_exact(i):
    market = _lot_market(i)
    penalty = i.get("penalty", 0.0) * i.get("delta", 1.0)
    return {"quotes": _exact(finite(market, i["Q"], i["T"], penalty), market)}


def cj_hjb(i):
    """Cartea-Jaimungal's running penalty phi is gamma sigma^2 / 2 of model B (xi = 0)."""
    market = LotMarket(2.0 * i["phi"], 1.0, i["kappa"], i["lam"], 0.0)
    return {"quotes": _exact(finite(market, i["Q"], i["T"], i["alpha"]), market)}


def glft_seed_literal(i):
    """Through the strategy, from fractions per square root of second to our units."""
    config = PoolConfig(
        symbol="X",
        strategy="hyperliquid_simplified",
        gamma=Decimal(repr(i["gamma"])),
        kappa=Decimal(repr(i["kappa"])),
        tau=Decimal(repr(i["T"])) / SECONDS_PER_HOUR,
    )
    sigma = i["sigma"] * BPS * SECONDS_PER_HOUR**0.5
    quote = strategy(config)(View(i["q"] / i["qmax"], sigma, sigma, 1.0))
    bid, ask = quote.bid_bps / BPS, quote.ask_bps / BPS
    return {
        "delta": 0.5 * (bid + ask),
        "skew": 0.5 * (bid - ask),
        "bid": i["micro"] * (1.0 - bid),
        "ask": i["micro"] * (1.0 + ask),
    }


ADAPTERS = {
    "cj_hjb": cj_hjb,
    "glft_c1c2": glft_c1c2,
    "glft_closed": glft_closed,
    "glft_exact": glft_exact,
    "glft_seed_literal": glft_seed_literal,
    "glft_stationary": glft_stationary,
}
