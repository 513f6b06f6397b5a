"""A row runs for its own switch and for readers of all, and for nothing else."""

import pytest

from market_maker.engine.quoted_estimators import QUOTED, waits_for_trades
from tests.unit.engine.desk import pool

SMART = {"strategy": "smart", "strategy_params": {}}
SWITCHES = {
    "variation": [{"use_toxicity": True}],
    "clock": [
        {"use_kappa": "estimated"},
        {"use_kappa": "estimated_only"},
        {"use_cascade": True},
        {"fair_price": "regression"},
    ],
    "intensity": [{"use_kappa": "estimated"}, {"use_kappa": "estimated_only"}],
    "arrivals": [{"strategy": "reference_glft", "strategy_params": {}}],
    "depth": [SMART],
    "adverse": [{"use_impact": True}],
    "funding": [{"use_funding": True}],
    "cascade": [{"use_cascade": True}],
    "horizon": [{"sigma_horizon_seconds": 30}],
}


@pytest.mark.parametrize("row", QUOTED, ids=lambda row: row.name)
def test_it_runs_for_its_switches_alone_and_where_all_are_read(row):
    switches = SWITCHES[row.name]
    assert all(row.needed(pool(**fields)) for fields in switches)
    others = [each for name in SWITCHES for each in SWITCHES[name] if each not in switches]
    assert not any(row.runs(pool(**fields)) for fields in others)
    assert row.runs(pool(estimators="all"))
    assert not row.needed(pool(estimators="all"))


@pytest.mark.parametrize("row", QUOTED, ids=lambda row: row.name)
def test_new_it_is_not_ready_and_says_nothing_that_is_relied_on(row):
    config = pool()
    own = row.make(config)
    assert not own.ready
    assert own.count == 0


def test_only_terms_made_of_trades_make_quotes_wait_for_them():
    assert all(waits_for_trades(pool(**fields)) for fields in SWITCHES["clock"])
    assert not waits_for_trades(pool(use_impact=True, use_funding=True, use_toxicity=True))
