"""A disk that takes nothing costs turns, which are counted, and never the service."""

import shutil

import pytest

from market_maker.journaling.journal import Journals
from market_maker.journaling.journal_files import Beginning, segments
from market_maker.journaling.journal_replay import replay_segment
from tests.support.full_disk import full_disk
from tests.support.recorded import SYMBOL, Recorded


@pytest.fixture
def world(tmp_path):
    made = Recorded(3, tmp_path)
    made.journals = Journals(tmp_path, "build")
    made.disk = made.journals.of(SYMBOL)
    made.disk.begin(made.engine)
    return made


def write(world, turns):
    world.go(turns)
    world.journals.write()


def replayed(world):
    world.disk.close()
    results = [replay_segment(path) for path in segments(world.folder)]
    assert all(result.difference is None for result in results)
    return sum(result.agreed for result in results)


@pytest.mark.thorough
def test_every_turn_is_written_or_counted_as_lost(world):
    write(world, 30)
    with full_disk():
        for _ in range(3):
            write(world, 20)
    health = world.journals.health
    assert health.problem.startswith(str(world.folder))
    assert world.journals.lost == 60
    for _ in range(2):
        write(world, 20)
    assert health.problem == ""
    assert replayed(world) == len(world.journal.turns) - world.journals.lost
    assert world.journals.lost < 60 + 25


def test_a_disk_that_is_full_from_the_start_leaves_no_broken_segment(world):
    with full_disk():
        write(world, 10)
        assert segments(world.folder) == []
    assert world.journals.lost == 10
    for _ in range(2):
        write(world, 10)
    assert replayed(world) == len(world.journal.turns) - world.journals.lost > 0


def test_no_engine_is_frozen_while_the_disk_takes_nothing(world):
    write(world, 10)
    frozen = 0
    with full_disk():
        for _ in range(6):
            write(world, 5)
            world.go(5)
            taken = world.disk.take()
            frozen += sum(isinstance(item, Beginning) for item in taken)
            world.disk.give_up(taken)
    assert frozen <= 1


def test_a_folder_that_cannot_be_made_costs_turns_only(world, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    journals = Journals(in_the_way / "journal", "build")
    world.journals, world.disk = journals, journals.of(SYMBOL)
    world.disk.begin(world.engine)
    write(world, 10)
    write(world, 10)
    assert journals.lost == 20
    assert "Not a directory" in journals.health.problem


def test_a_foreign_file_among_the_segments_ends_nothing(world):
    home = world.folder / SYMBOL
    home.mkdir()
    (home / "notes.mmj").write_text("mine")
    write(world, 10)
    assert "notes.mmj" in world.journals.health.problem
    world.disk.close()


@pytest.mark.parametrize("kept_aside", [False, True])
def test_a_journal_that_was_removed_or_moved_away_is_said_and_begun_anew(
    world, tmp_path, kept_aside
):
    """It went on into a file without a name, up to an hour, and said that all is well."""
    write(world, 30)
    write(world, 10)
    home = world.folder / SYMBOL
    if kept_aside:
        home.rename(tmp_path / "aside")
    else:
        shutil.rmtree(home)
    write(world, 10)
    assert "was removed or moved away" in world.journals.health.problem
    # What was moved aside can still be read there.
    assert world.journals.lost == (10 if kept_aside else 50)
    for _ in range(2):
        write(world, 20)
    assert world.journals.health.problem == ""
    assert replayed(world) == len(world.journal.turns) - world.journals.lost > 0
