"""Segments that can be replayed each on its own, whatever happened to the others."""

import asyncio
import errno
import gc
import io
import pickle
from random import Random

import msgspec
import pytest
from msgspec import Raw

from market_maker.engine.engine import Engine
from market_maker.journaling import journal as journal_module
from market_maker.journaling.checkpoint import frozen, thawed
from market_maker.journaling.journal import DiskJournal, Journals, MemoryJournal
from market_maker.journaling.journal_files import (
    Beginning,
    SegmentEnd,
    SegmentWriter,
    drop_oldest,
    end_of,
    packed_turn,
    packed_turns,
    read_segment,
    segments,
)
from market_maker.journaling.journal_replay import explain, replay_segment
from market_maker.model.actions import Place, Turn
from market_maker.model.errors import InvalidDataError, NotFoundError
from market_maker.model.events import BookTop, Holding, Restored
from market_maker.model.units import Lots, Nanos, Value
from tests.simulation.world import World
from tests.support.recorded import SYMBOL, Recorded


def test_the_newest_turns_are_kept_and_all_are_counted():
    journal = MemoryJournal(capacity=3)
    for now in range(5):
        journal.append(Turn(Nanos(now), (), ()))
    assert [turn.now for turn in journal.turns] == [2, 3, 4]
    assert journal.appended == 5


def test_what_was_written_is_read_again(tmp_path):
    world = Recorded(3, tmp_path).go(150).write().go(150)
    (path,) = world.done()
    beginning, turns = read_segment(path)
    assert list(turns) == world.journal.turns
    assert (beginning.symbol, beginning.build) == (SYMBOL, "build")
    assert beginning.now == world.journal.turns[0].now


@pytest.mark.parametrize("bits", [62, 63, 64, 90])
def test_money_beyond_64_bits_is_written_and_read_again(tmp_path, bits):
    """A restart with 10,000 USDT of bitcoin on a fine grid ended the task that writes."""
    money = Value(2**bits + 1)
    held = Holding(Lots(3), money, Value(-money), Value(0), money, Value(0))
    turn = Turn(Nanos(5), (Restored(Nanos(5), "restarted", held, (("alice", held),)),), ())
    writer = SegmentWriter(tmp_path, Beginning(SYMBOL, Nanos(5), "build", b"engine"))
    writer.append([packed_turn(turn)])
    writer.append_packed(packed_turns([packed_turn(turn)]))
    writer.close()
    assert list(read_segment(writer.path)[1]) == [turn, turn]


@pytest.mark.parametrize("beginnings", [False, True])
def test_turns_that_wait_for_the_disk_are_packed_and_come_back_whole(
    tmp_path, monkeypatch, beginnings
):
    monkeypatch.setattr(journal_module, "LOOSE_MAX", 16)
    world = Recorded(3, tmp_path).go(90)
    if beginnings:
        world.disk.segment_is_full = True
    world.go(90)
    waiting = world.disk._waiting
    assert sum(isinstance(item, Raw) for item in waiting) <= 17 + 16 * beginnings
    paths = world.write().go(20).done()
    assert len(paths) == 1 + beginnings
    read = [turn for path in paths for turn in read_segment(path)[1]]
    assert read == world.journal.turns
    assert [replay_segment(path).difference for path in paths] == [None] * len(paths)
    assert world.disk.lost == 0


def test_a_turn_that_waits_for_the_disk_is_no_object_that_is_searched_for_cycles(tmp_path):
    world = Recorded(3, tmp_path).go(90)
    waiting = world.disk._waiting
    assert len(waiting) == 91
    assert not any(map(gc.is_tracked, waiting[1:]))
    assert not any(gc.get_referents(*waiting[1:]))


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_every_segment_replays_on_its_own_to_equal_actions(tmp_path, seed):
    world = Recorded(seed, tmp_path)
    for turns in (40, 170, 1, 90):
        world.go(turns).write()
        world.disk.segment_is_full = True
    paths = world.done()
    results = [replay_segment(path) for path in paths]
    # A segment that was found to be full takes one more turn.
    assert [result.agreed for result in results] == [41, 170, 90]
    assert [result.difference for result in results] == [None] * 3
    assert sum(result.agreed for result in results) == len(world.journal.turns)


@pytest.mark.parametrize("seed", [5, 6])
def test_a_thawed_engine_goes_on_as_if_nothing_had_happened(tmp_path, seed):
    world = Recorded(seed, tmp_path).go(200)
    engine = thawed(frozen(world.engine), "test")
    assert engine.snapshot() == world.engine.snapshot()
    before = len(world.journal.turns)
    world.go(200)
    for turn in world.journal.turns[before:]:
        assert tuple(engine.turn(turn.now, turn.events)) == turn.actions
    assert engine.snapshot() == world.engine.snapshot()


def test_a_difference_is_named_with_its_turn(tmp_path):
    world = Recorded(3, tmp_path).go(200)
    (path,) = world.done()
    beginning, turns = read_segment(path)
    turns = list(turns)
    number = next(n for n, t in enumerate(turns) if any(isinstance(a, Place) for a in t.actions))
    turns[number] = msgspec.structs.replace(turns[number], actions=())
    path.unlink()
    writer = SegmentWriter(tmp_path, beginning)
    writer.append(list(map(packed_turn, turns)))
    writer.close()
    result = replay_segment(writer.path)
    assert result.agreed == number == result.difference.number
    assert result.difference.recorded == ()
    assert result.difference.replayed


def test_a_segment_that_was_cut_off_counts_up_to_its_last_whole_frame(tmp_path):
    world = Recorded(3, tmp_path).go(60).write()
    whole = len(world.journal.turns)
    (path,) = segments(tmp_path)
    size = path.stat().st_size
    world.go(60).done()
    for cut in (1, 7, 9, 50):
        with path.open("r+b") as file:
            file.truncate(size + cut)
        assert len(list(read_segment(path)[1])) == whole


def test_how_a_segment_ends_is_known(tmp_path):
    world = Recorded(3, tmp_path).go(60).write()
    (path,) = segments(tmp_path)
    assert end_of(path) is replay_segment(path).end is SegmentEnd.OPEN
    whole = path.stat().st_size
    world.go(60).done()
    assert end_of(path) is replay_segment(path).end is SegmentEnd.CLOSED
    content = path.read_bytes()
    for size in (len(content) // 2, len(content) - 1, whole + 3, whole + 9):
        path.write_bytes(content[:size])
        assert end_of(path) is replay_segment(path).end is SegmentEnd.CUT
    path.write_bytes(content[:whole])
    assert end_of(path) is SegmentEnd.OPEN


def test_a_damaged_segment_is_refused(tmp_path):
    (path,) = Recorded(3, tmp_path).go(60).done()
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    with pytest.raises(InvalidDataError, match="is damaged"):
        list(read_segment(path)[1])


@pytest.mark.parametrize("content", [b"", b"MM", b"MMJ1", b"XXXX1234", b"MMJ1\xff\xff\xff\xff1234"])
def test_what_is_no_segment_is_refused(tmp_path, content):
    path = tmp_path / "1.mmj"
    path.write_bytes(content)
    with pytest.raises(InvalidDataError):
        read_segment(path)


class Evil:
    def __reduce__(self):
        return print, ("we run what we read",)


@pytest.mark.parametrize("thing", [Evil(), io.BytesIO, Random(1), 5, ["x"]])
def test_a_checkpoint_runs_nothing_and_is_nothing_but_an_engine(thing, capsys):
    with pytest.raises(InvalidDataError):
        thawed(pickle.dumps(thing), "test")
    assert capsys.readouterr().out == ""


def test_random_bytes_are_no_checkpoint():
    chance = Random(7)
    whole = frozen(World(1).engine)
    for _ in range(300):
        damaged = bytearray(whole[: chance.randrange(1, len(whole))])
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        try:
            assert isinstance(thawed(bytes(damaged), "test"), Engine)
        except InvalidDataError:
            continue


def test_the_oldest_segments_go_and_the_newest_of_each_symbol_stays(tmp_path):
    paths = []
    for now in range(1, 5):
        for symbol in ("A", "B"):
            writer = SegmentWriter(tmp_path, Beginning(symbol, Nanos(now), "", b"x" * 100))
            writer.close()
            paths.append(writer.path)
    size = paths[0].stat().st_size
    assert drop_oldest(tmp_path, 5 * size) == 3
    assert segments(tmp_path) == [paths[4], paths[6], paths[3], paths[5], paths[7]]
    assert drop_oldest(tmp_path, 0) == 3
    assert segments(tmp_path) == [paths[6], paths[7]]


def test_two_segments_of_one_moment_are_two_files(tmp_path):
    beginning = Beginning(SYMBOL, Nanos(5), "", b"")
    first, second = SegmentWriter(tmp_path, beginning), SegmentWriter(tmp_path, beginning)
    first.close()
    second.close()
    assert len(segments(tmp_path)) == 2


def test_a_full_buffer_drops_turns_and_begins_anew_after_the_gap(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "WAITING_MAX", 50)
    world = Recorded(3, tmp_path).go(80).write().go(40)
    paths = world.done()
    results = [replay_segment(path) for path in paths]
    assert world.disk.lost > 0
    assert [result.difference for result in results] == [None, None]
    assert sum(result.agreed for result in results) == 120 - world.disk.lost


def test_a_full_disk_loses_turns_and_nothing_else(tmp_path, monkeypatch):
    world = Recorded(3, tmp_path).go(30).write()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(SegmentWriter, "append", full)
        world.go(30)
        with pytest.raises(OSError, match="No space"):
            world.write()
    world.go(1).write().go(30)
    results = [replay_segment(path) for path in world.done()]
    assert [result.agreed for result in results] == [30, 30]
    assert [result.difference for result in results] == [None, None]


@pytest.mark.anyio
async def test_what_waits_when_it_ends_is_written(tmp_path):
    journals = Journals(tmp_path, "build")
    world = Recorded(3, tmp_path)
    world.disk = journals.of(SYMBOL)
    world.disk.begin(world.engine)
    running = asyncio.get_running_loop().create_task(journals.run())
    await asyncio.sleep(0)
    world.disk.append(Turn(Nanos(1), (), ()))
    running.cancel()
    await asyncio.wait([running])
    (path,) = segments(tmp_path, SYMBOL)
    assert [turn.now for turn in read_segment(path)[1]] == [1]


def test_an_explanation_is_the_engine_as_it_was(tmp_path):
    world = Recorded(3, tmp_path).go(120)
    moment, snapshot = world.engine.now, world.engine.snapshot()
    world.go(80).done()
    found = explain(tmp_path, SYMBOL, moment)
    assert (found.at, found.after) == (moment, snapshot)
    assert explain(tmp_path, SYMBOL, Nanos(moment + 1)).after == snapshot
    placed = [a for t in world.journal.turns[:120] for a in t.actions if isinstance(a, Place)]
    sent = [order for turn in found.sent for order in turn.orders if isinstance(order, Place)]
    assert set(sent) <= set(placed)


def test_a_moment_before_the_journal_cannot_be_explained(tmp_path):
    world = Recorded(3, tmp_path).go(20)
    world.done()
    with pytest.raises(
        NotFoundError, match=r"reaches back to 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"
    ):
        explain(tmp_path, SYMBOL, Nanos(world.journal.turns[0].now - 1))
    with pytest.raises(NotFoundError):
        explain(tmp_path, "OTHER", world.engine.now)


def test_a_turn_that_broke_the_engine_breaks_it_again(tmp_path):
    journal = DiskJournal(SYMBOL, "build")
    engine = World(1).engine
    journal.begin(engine)
    now = Nanos(engine.now + 1)
    journal.append(Turn(now, (BookTop(now, now, 5, 1, 7, 1),), ()))
    # Time that goes back is a bug, and bugs break engines.
    journal.append(Turn(Nanos(now - 1), (), ()))
    journal.write(tmp_path, journal.take())
    journal.close()
    (path,) = segments(tmp_path)
    assert replay_segment(path).agreed == 2
