"""What a pool has measured, as it is answered."""

from decimal import Decimal

import pytest

from market_maker.api.wire import encode
from market_maker.estimators.adverse_selection import DEPTHS_BPS, MarkoutRow
from market_maker.estimators.estimate import Estimate
from market_maker.estimators.intensity import Fit
from market_maker.operations.estimate_views import EstimatesView, estimates_view
from tests.support.office import config
from tests.unit.telemetry.pictures import INSTRUMENT, snapshot

FIT = Fit(
    kappa_hat=0.4,
    intensity=3_600.0,
    measured=0.5,
    line=0.3,
    r_squared=0.9,
    log_likelihood=-1.5,
    orders=120,
    usable=False,
    reason="R^2 0.70 is below 0.8",
)


def view(**fields):
    return estimates_view(INSTRUMENT, config(gamma=Decimal("0.2")), snapshot(**fields))


def test_every_estimate_that_is_fed_is_listed_and_no_other():
    lines = (
        Estimate("sigma", 42.5, "bps per sqrt(hour)", 20, ready=True),
        Estimate("vpin", None, "0 to 1", 3, ready=False),
        Estimate("kalman", None, "ticks", 0, ready=False, off=True),
    )
    sigma, vpin = view(estimates=lines).all
    assert (sigma.name, sigma.value, sigma.unit, sigma.count, sigma.ready) == (
        "sigma",
        42.5,
        "bps per sqrt(hour)",
        20,
        True,
    )
    assert (vpin.name, vpin.value, vpin.count, vpin.ready) == ("vpin", None, 3, False)


def test_gamma_in_force_is_the_configured_one_times_every_factor():
    gamma = view().gamma
    assert (gamma.configured, gamma.toxicity, gamma.inventory, gamma.tail) == (
        Decimal("0.2"),
        1.1,
        1.04,
        1.5,
    )
    assert gamma.effective == pytest.approx(0.2 * 1.1 * 1.04 * 1.5)


def test_a_factor_that_is_not_fed_is_one():
    off = tuple(
        Estimate(f"{name}_factor", None, "", 0, ready=False, off=True)
        for name in ("toxicity", "tail")
    )
    gamma = view(estimates=off).gamma
    assert (gamma.toxicity, gamma.inventory, gamma.tail, gamma.effective) == (1.0, 1.0, 1.0, 0.2)


def test_the_fit_says_why_it_may_not_be_quoted_on():
    fit = view(fit=FIT).fit
    assert (fit.kappa_hat_per_bps, fit.measured_per_bps, fit.line_per_bps) == (0.4, 0.5, 0.3)
    assert (fit.intensity_per_hour, fit.orders) == (3_600.0, 120)
    assert (fit.usable, fit.reason) == (False, "R^2 0.70 is below 0.8")
    assert view().fit is None


@pytest.mark.parametrize(
    ("bucket", "depths"), [(0, (0.0, DEPTHS_BPS[0])), (5, (DEPTHS_BPS[-1], None))]
)
def test_a_markout_names_its_side_and_its_depths(bucket, depths):
    line = MarkoutRow(5.0, 1, bucket, edge=3.0, adverse=1.25, standard_error=None, count=7)
    (told,) = view(markouts=(line,)).markouts
    assert (told.depth_from_bps, told.depth_to_bps) == depths
    assert (told.side, told.horizon_s, told.fills) == ("SELL", 5.0, 7)
    assert (told.edge_bps, told.adverse_bps, told.markout_bps) == (3.0, 1.25, 1.75)


def test_warm_up_says_what_was_seen_of_what_is_wanted():
    (wanted,) = view(warmup=(("trades", 12, 50),)).warmup
    assert (wanted.what, wanted.seen, wanted.wanted) == ("trades", 12, 50)


def test_all_of_it_goes_over_the_wire():
    line = MarkoutRow(5.0, 0, 2, edge=3.0, adverse=1.25, standard_error=0.5, count=7)
    sent = encode(EstimatesView, view(fit=FIT, markouts=(line,), warmup=(("trades", 1, 2),)))
    assert sent["gamma"]["configured"] == "0.2"
    assert {each["name"]: each["value"] for each in sent["all"]}["jump_ratio"] == 1.2
    assert sent["markouts"][0]["side"] == "BUY"
    assert sent["fit"]["orders"] == 120
