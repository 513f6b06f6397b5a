"""Live against simulation: on equal terms there is no gap, and what differs is its cause."""

import random

import numpy as np
import pytest

from market_maker.model.events import FundingPaid
from market_maker.model.units import VALUE_SCALE
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.live_stretch import lived
from market_maker.research.parity import CAUSES, FILLS_MIN, REST, matched, parity
from market_maker.research.replay_accounting import FillLog
from tests.support.lived import TRUE, Lived, other
from tests.support.recorded import SYMBOL, Recorded
from tests.toy_market import INSTRUMENT, START, toy_recording

SECOND = 1_000_000_000
PAID = FundingPaid(START + 20 * SECOND, START + 20 * SECOND + 5, 50_000, 10_000)


def quiet(_done):
    pass


@pytest.fixture(scope="module")
def stretch(tmp_path_factory):
    home = Lived(tmp_path_factory.mktemp("data"), facts=[PAID]).go().done()
    return lived(home, INSTRUMENT.symbol, None, None).longest


def parts(found):
    return {part.cause: part.money for part in found.parts}


def test_on_the_true_terms_only_what_is_paid_in_funding_is_left(stretch):
    found = parity(stretch, TRUE, quiet)
    assert found.gap == found.live.split.funding != 0
    assert parts(found) == dict.fromkeys((*CAUSES, REST), 0) | {"funding": found.gap}
    assert found.live.split == found.as_seen.split
    assert found.matches.both == found.live.fills.count >= FILLS_MIN
    assert found.matches.only_live == found.matches.only_simulated == 0
    assert not found.few
    assert found.seen == TRUE


def test_live_is_valued_as_a_replay_is(stretch):
    found = parity(stretch, TRUE, quiet)
    assert np.array_equal(found.live.fills.mid_x2, found.as_seen.fills.mid_x2)
    assert found.live.markouts == found.as_seen.markouts


def test_another_fee_is_the_whole_gap_but_funding(stretch):
    found = parity(stretch, other(maker_rate=TRUE.maker_rate + 10_000), quiet)
    fees = parts(found)["fees"]
    assert fees == found.live.fills.turnover * 10_000 // VALUE_SCALE
    assert found.gap == fees + found.live.split.funding
    assert parts(found)[REST] == parts(found)["latency"] == 0


def test_another_latency_is_a_part_of_its_own(stretch):
    found = parity(stretch, other(entry_latency_ns=150_000_000), quiet)
    assert parts(found)["latency"] != 0
    assert parts(found)[REST] == 0
    latency = found.latency
    assert (latency.to_venue, latency.back) == (TRUE.entry_latency_ns, TRUE.response_latency_ns)
    assert latency.median == latency.p90 == latency.to_venue + latency.back


def test_the_queue_that_is_nearer_is_found(tmp_path):
    true = other(queue=QueueModel.PESSIMISTIC)
    home = Lived(tmp_path, recording=toy_recording(30, 8), true=true).go().done()
    made = lived(home, INSTRUMENT.symbol, None, None).longest
    found = parity(made, TRUE, quiet)
    assert found.seen.queue is QueueModel.PESSIMISTIC
    assert parts(found)["queue"] == found.gap != 0
    assert parts(found)[REST] == 0


@pytest.mark.parametrize("seed", range(6))
def test_the_parts_add_up_to_the_gap(stretch, seed):
    chance = random.Random(seed)
    assumed = ReplaySettings(
        entry_latency_ns=chance.choice([0, 5_000_000, 300_000_000]),
        response_latency_ns=chance.choice([0, 5_000_000, 90_000_000]),
        queue=chance.choice(list(QueueModel)),
        partial_fills=chance.random() < 0.7,
        maker_rate=chance.choice([0, 12_345, -5_000]),
    )
    found = parity(stretch, assumed, quiet)
    assert sum(part.money for part in found.parts) == found.gap
    assert sum(part.per_turnover for part in found.parts) == found.gap_per_turnover
    assert [part.cause for part in found.parts] == [*CAUSES, REST]


def test_a_journal_of_the_sandbox_with_trouble_adds_up_too(tmp_path):
    made = Recorded(3, tmp_path / "journal").go(300)
    made.done()
    found = parity(lived(made.folder, SYMBOL, None, None).longest, ReplaySettings(), quiet)
    assert sum(part.money for part in found.parts) == found.gap
    assert found.matches.both + found.matches.only_live == found.live.fills.count
    assert found.few is (min(found.live.fills.count, found.simulated.fills.count) < FILLS_MIN)


def log(*fills):
    """ts, sign, ticks."""
    columns = [np.array(column, np.int64) for column in zip(*fills, strict=True)]
    ones = np.ones(len(fills), np.int64)
    return FillLog(*columns, ones, ones, ones)


def test_fills_are_the_same_one_by_side_price_and_time():
    live = log((0, 1, 100), (10, -1, 100), (20, 1, 101), (90, 1, 102))
    simulated = log((5, 1, 100), (10, 1, 100), (26, 1, 101), (60, 1, 102))
    found = matched(live, simulated, within=6)
    assert (found.both, found.only_live, found.only_simulated) == (2, 2, 2)


def test_the_position_of_the_beginning_is_valued_apart(tmp_path):
    home = Lived(tmp_path, facts=[PAID]).go().done()
    since = START + 12 * SECOND
    made = lived(home, INSTRUMENT.symbol, since, None).longest
    assert made.held
    found = parity(made, TRUE, quiet)
    whole = parity(lived(home, INSTRUMENT.symbol, None, None).longest, TRUE, quiet)
    before = parity(lived(home, INSTRUMENT.symbol, None, since).longest, TRUE, quiet)
    apart = before.live.split.net + found.live.split.net + found.held_pnl
    assert apart == pytest.approx(whole.live.split.net, rel=0.05)
