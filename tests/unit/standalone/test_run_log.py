"""The events that the SOP's operators search for, from an engine that quotes on the sandbox."""

from types import SimpleNamespace

import pytest

from market_maker.engine.engine import Engine
from market_maker.model.lifecycle import Command
from market_maker.standalone.run_log import RunLog
from market_maker.standalone.settings import MakerSettings
from tests.support.quoting_pool import GRID, POOL, QuotingPool
from tests.unit.standalone.venue import Lines


@pytest.fixture(scope="module")
def lines():
    made = Lines()
    connection = SimpleNamespace(problem="")
    log = RunLog(GRID, MakerSettings(), connection, made.log)
    pool = QuotingPool(Engine(GRID, POOL), log, seed=3)
    pool.command(Command.ENABLE)
    pool.play(60)
    pool.command(Command.HALT)
    pool.play(1)
    return made


@pytest.mark.parametrize(
    "said",
    [
        "INFO Market maker started for BTCUSDT-PERP with ladder strategy",
        "INFO Warming up parameter estimator...",
        "INFO Warming up: ",
        "INFO Parameter estimation warmed up",
        "DEBUG Calculated ladder quotes bid_levels=",
        "INFO Quote cycle complete modified=",
        "DEBUG Trades processed asset=BTCUSDT-PERP processed=",
        "INFO Fill processed oid=",
        "INFO [Fill] ",
        "INFO Market data usable",
        "ERROR KILL SWITCH TRIGGERED: [test] cause=test by=ann",
    ],
)
def test_the_sops_events_are_logged_at_their_levels(lines, said):
    assert lines.having(said), said


def test_a_fill_says_what_is_left_of_its_order(lines):
    fills = lines.having("Fill processed")
    assert all("remaining=" in fill and "state=" in fill for fill in fills)
    assert any("state=filled" in fill for fill in fills)
