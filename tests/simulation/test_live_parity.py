"""A session of `run` against the emulated venue, and the parity of its journal: no gap but the fee.

The venue shows our orders in its book, and the session knew its market before it quoted: the replay
of the journal has neither our orders nor less knowledge, and fills the same orders.
"""

import numpy as np
import pytest

from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.model.units import RATE_SCALE
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.live_stretch import lived
from market_maker.research.parity import parity
from tests.simulation.leaping_loop import leaping
from tests.simulation.test_replay_parity import SIZES, recorded
from tests.support.parity import HALF, ran

pytestmark = pytest.mark.slow

NEAR = ReplaySettings(entry_latency_ns=HALF, response_latency_ns=HALF)


@pytest.mark.parametrize(("strategy", "seed", "seconds"), [("ladder", 1, 20), ("symmetric", 2, 25)])
def test_the_journal_of_a_session_replays_to_what_it_earned(tmp_path, strategy, seed, seconds):
    session = leaping(ran(recorded(seconds, seed), tmp_path, strategy_type=strategy, **SIZES))
    (journal,) = tmp_path.rglob(JOURNAL_FOLDER)
    found = lived(journal, session.instrument.symbol, None, None)
    assert (found.stretches, found.cuts) == (1, ())
    assert not found.longest.shadow
    made = parity(found.longest, NEAR, lambda _done: None)
    live, seen = made.live, made.as_seen
    assert live.fills.count > 0
    assert (made.matches.only_live, made.matches.only_simulated) == (0, 0)
    for column in ("ts", "sign", "ticks", "lots", "mid_x2"):
        assert np.array_equal(getattr(live.fills, column), getattr(seen.fills, column))
    assert (live.split.spread, live.split.inventory) == (seen.split.spread, seen.split.inventory)
    money = {part.cause: part.money for part in made.parts}
    assert sum(money.values()) == made.gap == live.split.fees
    # The venue rounds its fees: what the mean rate does not explain is below a thousandth of them.
    assert abs(money["fills and decisions"]) * 1_000 < abs(made.gap)
    assert round(live.fee_rate * RATE_SCALE) == 15_000
