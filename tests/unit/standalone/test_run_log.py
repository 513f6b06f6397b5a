"""The events that the SOP's operators search for, from an engine that quotes on the sandbox."""

from types import SimpleNamespace

import pytest

from market_maker.engine.engine import Engine
from market_maker.model.actions import Turn
from market_maker.model.events import Canceled, Rejected, RejectReason
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
    for reason in RejectReason:
        oid = next(iter(log._placed))
        log.append(Turn(pool.now, (Rejected(pool.now, pool.now, oid, reason),), ()))
    for why in ("margin", "scheduled", ""):
        log.append(Turn(pool.now, (Canceled(pool.now, pool.now, 77, reason=why),), ()))
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


@pytest.mark.parametrize(
    "said",
    [
        "ERROR Order rejected: asset=BTCUSDT-PERP",
        "error=InsufficientMargin: not enough margin",
        "error=InvalidPrice: price or size off the grid",
        "error=RateLimited: too many requests",
        "WARN Order rejected: ",
        "error=RateLimited: the account has used up its actions",
        "error=PositionLimit: above a limit on positions, leverage or orders",
        "error=OrderTooSmall: below the minimum notional",
        "error=PriceTooFar: too far from the oracle price",
        "error=Rejected: refused",
        "WARN HIP-3 OI cap reached, skipping quotes",
        "DEBUG Post-only order would have crossed",
        "WARN Order canceled by the venue error=OrderWouldBeLiquidated oid=77 why=margin",
        "WARN Order canceled by the venue oid=77 why=scheduled",
    ],
)
def test_what_the_venue_refuses_and_takes_off_has_the_procedures_words(lines, said):
    assert lines.having(said), said


def test_a_fill_says_what_is_left_of_its_order(lines):
    fills = lines.having("Fill processed")
    assert all("remaining=" in fill and "state=" in fill for fill in fills)
    assert any("state=filled" in fill for fill in fills)
