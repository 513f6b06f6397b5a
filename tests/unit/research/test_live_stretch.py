"""A journal read as what a pool lived through."""

import numpy as np
import pytest
from msgspec.structs import replace

from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.events import BookLost, Configured, FundingPaid, MarkPrice, Operated
from market_maker.model.lifecycle import Command
from market_maker.model.recording import RowKind
from market_maker.research.live_stretch import CONFIGURED, GAP, lived
from tests.support.lived import TRUE, Lived
from tests.toy_market import COIN_MARGINED, INSTRUMENT, START, toy_config, toy_recording

SYMBOL = INSTRUMENT.symbol
SECOND = 1_000_000_000


def read(home, since=None, until=None):
    return lived(home, SYMBOL, since, until)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    made = Lived(tmp_path_factory.mktemp("data")).go(START + 10 * SECOND)
    made.segment()
    return made.go().done()


def test_a_journal_in_segments_is_one_stretch_with_the_market_of_the_recording(home):
    found = read(home)
    stretch, recording = found.longest, toy_recording()
    assert (found.stretches, found.cuts) == (1, ())
    rows = stretch.recording.rows - 1  # the last one says that the feed lived on
    for column in ("ticks", "lots", "ts_event"):
        ours, theirs = getattr(stretch.recording, column), getattr(recording, column)
        # A message is written side by side, so its rows may stand in another order.
        ours = np.maximum(ours[:rows], START) if column == "ts_event" else ours[:rows]
        assert np.array_equal(np.sort(ours), np.sort(theirs[:rows]))
    assert stretch.recording.kind[-1] == RowKind.ALIVE
    assert stretch.turns == 300
    assert stretch.held == stretch.ahead == 0
    assert stretch.with_depth
    assert stretch.shadow


def test_how_long_orders_took(home):
    stretch = read(home).longest
    assert {each.to_venue for each in stretch.answered} == {TRUE.entry_latency_ns}
    both = TRUE.entry_latency_ns + TRUE.response_latency_ns
    assert {each.there_and_back for each in stretch.answered} == {both}
    assert len(stretch.answered) <= stretch.placed


def test_a_span_begins_with_the_book_and_the_position_of_then(home):
    whole = read(home).longest
    since, until = START + 5 * SECOND, START + 25 * SECOND
    part = read(home, since, until).longest
    assert since <= part.moments[0] <= part.moments[-1] <= until
    assert part.recording.kind[0] == RowKind.CLEAR
    before = [fill for fill in whole.fills if fill not in part.fills]
    before = [fill for fill in before if fill.ts_event < since]
    assert part.held == sum(fill.side.sign * fill.size for fill in before)
    assert 0 < len(part.fills) < len(whole.fills)


def test_a_part_that_is_missing_is_a_gap(tmp_path):
    made = Lived(tmp_path).go(START + 5 * SECOND)
    made.segment()
    path = made.writer.path
    made.go(START + 8 * SECOND)
    made.segment()
    home = made.go().done()
    path.unlink()
    found = read(home)
    assert (found.stretches, found.cuts) == (2, (GAP,))
    assert found.longest.span > 20 * SECOND


def test_another_configuration_begins_another_stretch(tmp_path):
    made = Lived(tmp_path).go(START + 8 * SECOND)
    other = toy_config(order_size_usdt=500)
    home = made.go(more=[Configured(made.now, other)]).done()
    found = read(home)
    assert (found.stretches, found.cuts) == (2, (CONFIGURED,))
    assert found.longest.config == other


def test_other_facts_are_kept_and_funding_once(tmp_path):
    at = START + 3 * SECOND
    paid = FundingPaid(at, at + 10, 100, 10_000)
    facts = [MarkPrice(at, at + 5, 10_001), paid, replace(paid, ts_recv=at + SECOND)]
    home = Lived(tmp_path, facts=facts).go().done()
    stretch = read(home).longest
    assert [type(fact) for fact in stretch.facts] == [MarkPrice]
    assert [each.ts_event for each in stretch.funding] == [at]


def test_a_book_that_is_lost_is_a_gap_in_the_recording(tmp_path):
    made = Lived(tmp_path).go(START + 8 * SECOND)
    home = made.go(more=[BookLost(made.now, "cut off")]).done()
    assert (read(home).longest.recording.kind == RowKind.GAP).sum() == 1


def test_stamps_of_a_clock_ahead_are_set_back(tmp_path):
    recording = toy_recording(10)
    ahead = replace(recording, ts_event=recording.ts_event + 50_000_000)
    made = Lived(tmp_path, recording=ahead)
    stretch = read(made.go().done()).longest
    assert stretch.ahead == 48_000_000
    assert np.all(stretch.recording.ts_event <= stretch.recording.ts_recv)


def test_a_pool_that_is_paused_has_no_stretch_before_it_quotes(tmp_path):
    made = Lived(tmp_path)
    made._first = []
    made.go(START + 4 * SECOND)
    begins = made.now
    home = made.go(more=[Operated(begins, Command.ENABLE, "test", "now")]).done()
    assert read(home).longest.recording.start >= begins - SECOND
    with pytest.raises(NotFoundError, match="in the span asked for"):
        read(home, until=begins - SECOND)


def test_what_is_not_there_is_named_with_what_is(home, tmp_path):
    with pytest.raises(NotFoundError, match=r"nearest names there: TOYUSDT"):
        lived(home, "TOYUSD", None, None)
    with pytest.raises(NotFoundError, match="no journal in"):
        lived(tmp_path, SYMBOL, None, None)


def test_a_span_without_turns_is_refused(home):
    with pytest.raises(NotFoundError):
        read(home, since=START + 100 * SECOND)
    with pytest.raises(NotFoundError):
        read(home, until=START - SECOND)


def test_an_inverse_contract_is_refused(tmp_path):
    made = Lived(tmp_path)
    made.engine.instrument = COIN_MARGINED
    home = made.go(START + SECOND).done()
    with pytest.raises(InvalidFieldError, match="linear"):
        lived(home, INSTRUMENT.symbol, None, None)
