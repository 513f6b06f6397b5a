"""Which strategies the kernel calls itself, and which it asks Python for."""

import pytest

from market_maker.decision_kernel import decision_layout as layouts
from market_maker.decision_kernel.compiled_strategies import compiled_strategy
from tests.toy_market import toy_config

STATIONARY = {"intensity_per_hour": 360, "mode": "stationary"}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"strategy": "avellaneda_stoikov"}, layouts.AVELLANEDA_STOIKOV),
        ({"strategy": "calibrated"}, layouts.CALIBRATED),
        ({"strategy": "smart"}, layouts.SMART),
        ({"strategy": "glft", "strategy_params": {"intensity_per_hour": 10}}, layouts.GLFT),
    ],
)
def test_a_strategy_of_which_every_term_is_fixed_is_compiled(fields, kind):
    found = compiled_strategy(toy_config(**fields))
    assert found is not None
    assert found[0] == kind


@pytest.mark.parametrize(
    "fields",
    [
        {"strategy": "symmetric"},
        {"strategy": "glft", "strategy_params": STATIONARY},
        {"strategy": "avellaneda_stoikov", "target_spread_bps": 4},
        {"strategy": "avellaneda_stoikov", "use_toxicity": True},
    ],
)
def test_what_depends_on_more_is_asked_of_python(fields):
    assert compiled_strategy(toy_config(**fields)) is None
