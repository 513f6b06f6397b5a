"""Quotes move less often while the account's actions would not last a day, and more often again."""

import pytest

from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.standalone.action_pace import LASTING_H, STEPS, WINDOW, ActionPace
from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table
from tests.unit.standalone.venue import MASTER

CAP = 10_000


def looked(pace, spent, windows, left=CAP, now=Nanos(0)):
    """The pace after so many windows that cost so many actions each."""
    for _ in range(windows):
        pace.look(now, left, CAP)
        now, left = Nanos(now + WINDOW), left - spent
    pace.look(now, left, CAP)
    return now, left


def test_a_budget_that_would_not_last_is_spread_step_by_step():
    pace = ActionPace()
    looked(pace, 120, windows=1)
    assert (pace.pace.interval, pace.pace.threshold, pace.pace.levels) == STEPS[1]
    assert pace.pace.hours < LASTING_H
    looked(pace, 120, windows=10, now=Nanos(WINDOW))
    assert (pace.pace.interval, pace.pace.threshold, pace.pace.levels) == STEPS[-1]


def test_what_lasts_changes_nothing_and_plenty_goes_back():
    pace = ActionPace()
    now, left = looked(pace, 120, windows=2)
    slow = pace.pace.interval
    assert slow > 1
    now, left = looked(pace, 8, windows=3, left=left, now=now)
    assert pace.pace.interval == slow
    looked(pace, -50, windows=5, left=left, now=now)  # trading earns actions
    assert pace.pace.interval == 1


def test_nothing_is_judged_within_the_window():
    pace = ActionPace()
    assert not pace.look(Nanos(0), CAP, CAP)
    assert not pace.look(Nanos(NANOS_PER_SECOND), 10, CAP)


@pytest.mark.slow
def test_a_session_on_a_fresh_account_spreads_its_actions(tmp_path):
    async def run():
        limits = VenueLimits(ip_weight=None)
        async with at_table(tmp_path, venue={"limits": limits}) as table:
            await table.until(lambda: len(table.open()) == 10)
            account = table.venue.world.accounts.accounts[MASTER.address]
            used = []
            for minute in range(16):
                for step in range(20):
                    table.market.move(0.0006 if (minute + step) % 2 else -0.0006)
                    await table.passes(3)
                used.append(account.requests)
            return used, table.running.lines.having("Pace of quotes changed")

    used, said = leaping(run())
    early, late = used[1] - used[0], used[-1] - used[-3]
    assert said
    assert late / 2 < early / 4
