"""A maker that is killed leaves no order for longer than the watchdog's stated time."""

import pytest

from tests.examples import examples
from tests.simulation.hyperliquid_kill_drill import kill_drill

pytestmark = pytest.mark.slow


def test_the_watchdog_empties_the_book_and_the_next_run_quotes_again(tmp_path):
    done = kill_drill(tmp_path, moments=examples(3), seed=11)
    assert done.problems == []
    assert len(done.seconds) == examples(3)
