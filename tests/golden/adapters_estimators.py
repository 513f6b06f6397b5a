"""Numeric cases of the estimators: one function for each group of cases."""

import math

from market_maker.estimators import (
    cascade,
    flow,
    funding,
    hawkes,
    intensity,
    kalman,
    least_squares,
)
from market_maker.risk.cascade import band_of
from tests.reference.formulas import (
    cascade_intensity,
    fit_exceedances,
    funding_payment,
    moved_mid,
    rate_8h,
    vpin_after,
)


def kappa_ols(i):
    law = intensity.fit_line(i["delta"], i["lam"])
    return {"A": law.rate, "k": law.decay}


def kappa_mle(i):
    limits = i["delta_min"], i.get("delta_max", math.inf)
    law = fit_exceedances(i["depths_bps"], i["exposure_s"], *limits)
    return {"A": law.rate, "k": law.decay}


def micro_regression(i):
    imbalances, betas = (i["book_imb"], i["flow_imb"]), (i["beta_book"], i["beta_flow"])
    value = moved_mid(i["mid"], imbalances, betas)
    return {"microprice": value, "deviation_bps": (value / i["mid"] - 1) * 1e4}


def ridge(i):
    """Recursive least squares that forgets nothing, from P0 = 1/lambda; without one, so great that
    eight digits are left."""
    fit = least_squares.RecursiveLeastSquares(2, 1.0, 1.0 / (i["lam"] or 1e-9))
    for x, y in zip(i["X"], i["y"], strict=True):
        fit.add(tuple(x), y)
    return {"beta": fit.beta}


def rls(i):
    fit = least_squares.RecursiveLeastSquares(2, i["forgetting"], i["P0"])
    for x, y in zip(i["X"], i["y"], strict=True):
        fit.add(tuple(x), y)
    return {"beta": fit.beta, "P": fit.uncertainty}


def kalman_path(i):
    level = kalman.LocalLevel(i["x0"], i["p0"])
    path = {"x": [], "p": [], "gain": []}
    for seen in i["z"]:
        path["gain"].append(level.update(seen, i["q_var"], i["r_var"]))
        path["x"].append(level.level)
        path["p"].append(level.variance)
    return path


def ofi(i):
    return {"e": flow.order_flow(tuple(i["prev"]), tuple(i["cur"]))}


def vpin(i):
    return {"vpin": vpin_after(i["signed_volumes"], i["bucket"], i["n_buckets"])}


def hawkes_loglik(i):
    model = hawkes.Hawkes(i["mu"], i["alpha_jump"], i["beta"])
    before, end = hawkes.intensities(model, i["times"], i["T"])
    return {
        "loglik": hawkes.log_likelihood(model, i["times"], i["T"]),
        "intensity_before_event": before,
        "intensity_at_T": end,
        "branching": model.branching,
        "stationary_rate": model.rate,
    }


def hawkes_mle(i):
    fit = hawkes.fit_hawkes(i["times"], i["T"])
    return {
        "mu": fit.model.base,
        "alpha_jump": fit.model.jump,
        "beta": fit.model.decay,
        "loglik": fit.log_likelihood,
    }


ACTIONS = {
    (1.0, 1.0, False, False): "normal",
    (1.5, 1.0, False, False): "gamma_x1.5",
    (2.5, 0.5, False, False): "gamma_x2.5_reduce_size",
    (2.5, 0.5, True, False): "pull_quotes",
    (2.5, 0.5, True, True): "kill",
}


def cascades(i):
    model = cascade.MarkedHawkes(i["mu"], i["alpha"], i["beta"])
    events = [(at, size / i["size_scale"]) for at, size in i["events"]]
    rate = cascade_intensity(model, events, i["t"])
    severity = cascade.severity_of(rate / i["mu"], i["ratio_max"])
    band = band_of(severity)
    return {
        "intensity": rate,
        "ratio": rate / i["mu"],
        "severity": severity,
        "action": ACTIONS[band.gamma, band.size, band.pulls, band.halts],
    }


def funding_rate(i):
    rate = rate_8h(i["avg_premium"], i["interest"], i["clamp"])
    hourly = rate / 8.0
    return {
        "rate_8h": rate,
        "rate_1h": hourly,
        "payment_long_10_at_10000": funding_payment(10, 10_000, hourly),
    }


def funding_ou(i):
    process = (i["F0"], i["theta"], i["kappa_per_h"], i["h"])
    return {
        "expected": funding.expected_rate(*process),
        "average": funding.average_rate(*process),
    }


ADAPTERS = {
    "cascade": cascades,
    "funding": funding_rate,
    "funding_ou": funding_ou,
    "hawkes": hawkes_loglik,
    "hawkes_mle": hawkes_mle,
    "kalman": kalman_path,
    "kappa_mle": kappa_mle,
    "kappa_ols": kappa_ols,
    "micro_regression": micro_regression,
    "ofi": ofi,
    "ridge": ridge,
    "rls": rls,
    "vpin": vpin,
}
