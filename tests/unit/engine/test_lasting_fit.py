"""A fit that data no longer carry stands for a minute."""

import msgspec
import pytest

from market_maker.engine.estimator_rows import Seen
from market_maker.engine.lasting_fit import FIT_PATIENCE_SECONDS, LastingFit, configured_kappa_hat
from tests.unit.engine.desk import pool

SECOND = 10**9
ALONE = pool(use_kappa="estimated_only")
BLENDED = pool(use_kappa="estimated")


def fit(*, usable, measured=0.5):
    made = LastingFit(300, 0.2)
    made.fit = msgspec.structs.replace(
        made.fit, usable=usable, measured=measured, kappa_hat=0.3, intensity=9.0
    )
    return made


def seen(own, now, config):
    taken = Seen()
    own.contribute(now, config, taken)
    return taken


def test_on_data_alone_the_last_good_decay_stands_for_a_minute_and_then_it_is_lost():
    own = fit(usable=True)
    assert seen(own, SECOND, ALONE).kappa_hat == 0.5
    own.fit = fit(usable=False, measured=7.0).fit
    last = SECOND + int(FIT_PATIENCE_SECONDS) * SECOND
    assert seen(own, last, ALONE).kappa_hat == 0.5
    assert not own.lost
    assert seen(own, last + 1, ALONE).kappa_hat == 0.5
    assert own.lost


def test_what_was_never_good_is_not_lost():
    own = fit(usable=False)
    assert seen(own, 10**15, ALONE).kappa_hat == 0.0
    assert not own.lost


@pytest.mark.parametrize(("usable", "intensity"), [(True, 9.0), (False, 0.0)])
def test_with_a_prior_the_blend_is_taken_and_the_rate_only_from_data_that_carry_it(
    usable, intensity
):
    taken = seen(fit(usable=usable), SECOND, BLENDED)
    assert (taken.kappa_hat, taken.intensity) == (0.3, intensity)


def test_kappa_is_per_the_unit_that_the_strategy_is_given():
    def simplified(unit):
        return pool(strategy="hyperliquid_simplified", strategy_params={"kappa_unit_bps": unit})

    assert configured_kappa_hat(simplified(10.0)) == float(pool().kappa) / 10.0
    assert configured_kappa_hat(simplified(5.0)) == float(pool().kappa) / 5.0
