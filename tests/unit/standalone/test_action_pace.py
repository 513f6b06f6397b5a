"""Quotes move less often while the account's actions would not last a day, and more often again."""

from random import Random

import pytest

from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.standalone.action_pace import LASTING_H, PLENTY_WINDOW, STEPS, WINDOW, ActionPace
from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table
from tests.unit.standalone.venue import MASTER

CAP = 10_000


def looked(pace, spent, windows, left=CAP, now=Nanos(0)):
    """The pace after so many windows that cost so many actions each."""
    for _ in range(windows):
        pace.update(now, left, CAP)
        now, left = Nanos(now + WINDOW), left - spent
    pace.update(now, left, CAP)
    return now, left


def test_a_budget_that_would_not_last_is_spread_step_by_step():
    pace = ActionPace()
    looked(pace, 120, windows=1)
    assert (pace.pace.interval, pace.pace.threshold, pace.pace.levels) == STEPS[1]
    assert pace.pace.hours < LASTING_H
    looked(pace, 120, windows=10, now=Nanos(WINDOW))
    assert (pace.pace.interval, pace.pace.threshold, pace.pace.levels) == STEPS[-1]


def test_what_lasts_changes_nothing_and_plenty_goes_back_after_half_an_hour():
    pace = ActionPace()
    now, left = looked(pace, 120, windows=2)
    slow = pace.pace.interval
    assert slow > 1
    half_hour = PLENTY_WINDOW // WINDOW
    now, left = looked(pace, 8, windows=half_hour, left=left, now=now)
    assert pace.pace.interval == slow
    now, left = looked(pace, -50, windows=half_hour, left=left, now=now)  # trading earns actions
    assert pace.pace.interval < slow
    looked(pace, -50, windows=4 * half_hour, left=left, now=now)
    assert pace.pace.interval == 1


def test_minutes_without_a_quote_that_moves_are_no_plenty():
    pace = ActionPace()
    now, left = looked(pace, 200, windows=8)
    assert pace.pace.interval == STEPS[-1][0]
    for _ in range(40):
        now, left = looked(pace, 24, windows=1, left=left, now=now)
        now, left = looked(pace, 0, windows=3, left=left, now=now)
        assert pace.pace.interval == STEPS[-1][0]


@pytest.mark.parametrize("seed", range(5))
def test_a_fresh_account_quotes_for_a_day_in_a_price_that_wanders_0_8_per_cent_an_hour(seed):
    rng, pace = Random(seed), ActionPace()
    left, moved_at, price, since_move = CAP, 0.0, 0.0, 0.0
    for second in range(24 * 3_600):
        price += rng.gauss(0, 80 / 60)
        since_move += 1
        steps = pace.pace
        if abs(price - moved_at) >= 5 * steps.threshold and since_move >= steps.interval / 2:
            moved_at, since_move = price, 0.0
            left -= 4 * steps.of(5)
        if second % 15 == 0:
            pace.update(Nanos(second * NANOS_PER_SECOND), left, CAP)
    assert left > CAP / 2


def test_nothing_is_judged_within_the_window():
    pace = ActionPace()
    assert not pace.update(Nanos(0), CAP, CAP)
    assert not pace.update(Nanos(NANOS_PER_SECOND), 10, CAP)


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
