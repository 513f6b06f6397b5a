from pathlib import Path

import msgspec
import pytest

from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.research.sweep_folder import (
    PLAN_NAME,
    RUNS_NAME,
    SweepIdentity,
    check_folder,
    open_folder,
)
from market_maker.research.sweep_plan import Stretch
from tests.support.full_disk import full_disk
from tests.support.sweeps import made_run

IDENTITY = SweepIdentity(
    version="1",
    recordings=("a.mmrec (00)",),
    config="{}",
    over=("gamma=1,2",),
    method="grid",
    samples=None,
    splits=1,
    rungs=1,
    score="net_pnl",
    seed=0,
    terms="{}",
)
WHOLE = Stretch(0, 0, 1.0)


def filled(path, count=3):
    folder = open_folder(path, IDENTITY)
    for number in range(count):
        folder.add(made_run(number, WHOLE, [0.1 * number, 1 / 3]))
    folder.close(finished=False)
    return folder.done


def reopened(path, identity=IDENTITY):
    folder = open_folder(path, identity)
    folder.close(finished=False)
    return folder.done


def test_what_was_added_is_there_again_to_the_last_bit(tmp_path):
    done = filled(tmp_path / "out")
    assert reopened(tmp_path / "out") == done
    assert len(done) == 3


@pytest.mark.parametrize("kept", range(1, 120, 7))
def test_a_line_that_was_cut_short_is_not_counted_and_the_next_one_is_whole(tmp_path, kept):
    path = tmp_path / "out"
    done = filled(path)
    runs = path / RUNS_NAME
    lines = runs.read_bytes().splitlines(keepends=True)
    runs.write_bytes(b"".join(lines[:2]) + lines[2][:kept])
    folder = open_folder(path, IDENTITY)
    assert sorted(folder.done) == sorted(list(done)[:2])
    folder.add(done[2, WHOLE])
    folder.close(finished=False)
    assert runs.read_bytes().splitlines(keepends=True) == lines
    assert reopened(path) == done


def test_a_damaged_line_in_the_middle_is_named(tmp_path):
    filled(tmp_path / "out")
    runs = tmp_path / "out" / RUNS_NAME
    lines = runs.read_bytes().splitlines(keepends=True)
    runs.write_bytes(lines[0] + b"junk\n" + lines[2])
    with pytest.raises(InvalidDataError, match="line 2 is damaged"):
        open_folder(tmp_path / "out", IDENTITY)


def test_a_damaged_plan_is_named(tmp_path):
    filled(tmp_path / "out")
    (tmp_path / "out" / PLAN_NAME).write_text("{")
    with pytest.raises(InvalidDataError, match="plan"):
        open_folder(tmp_path / "out", IDENTITY)


@pytest.mark.parametrize(
    "change",
    [
        {"over": ("gamma=1,3",)},
        {"recordings": ("a.mmrec (01)",)},
        {"config": "[]"},
        {"seed": 1},
        {"version": "2"},
        {"samples": 4},
    ],
)
def test_another_sweep_is_refused_by_the_field_that_differs(tmp_path, change):
    filled(tmp_path / "out")
    with pytest.raises(InvalidFieldError, match="with which the sweep in") as caught:
        open_folder(tmp_path / "out", msgspec.structs.replace(IDENTITY, **change))
    assert [caught.value.field] == list(change)
    assert len(reopened(tmp_path / "out")) == 3


def test_a_folder_in_use_is_refused_until_it_is_let_go_of(tmp_path):
    first = open_folder(tmp_path / "out", IDENTITY)
    with pytest.raises(InvalidFieldError, match="no other sweep"):
        open_folder(tmp_path / "out", IDENTITY)
    first.close(finished=False)
    reopened(tmp_path / "out")


def test_workers_find_what_was_unpacked_wherever_they_stand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = open_folder(Path("out"), IDENTITY)
    assert folder.columns == tmp_path / "out" / "columns"
    folder.close(finished=True)


def test_only_what_was_unpacked_goes_when_it_is_finished(tmp_path):
    folder = open_folder(tmp_path / "out", IDENTITY)
    assert folder.columns.is_dir()
    folder.close(finished=True)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "lock",
        PLAN_NAME,
        RUNS_NAME,
    ]


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InvalidFieldError, match="new or an empty folder"):
        check_folder(tmp_path)
    with pytest.raises(InvalidFieldError, match="new or an empty folder"):
        open_folder(tmp_path, IDENTITY)


def test_a_kill_between_the_plan_and_the_first_run_loses_nothing(tmp_path):
    filled(tmp_path / "out", count=0)
    (tmp_path / "out" / RUNS_NAME).unlink()
    assert reopened(tmp_path / "out") == {}


def test_a_run_that_a_full_disk_refuses_is_not_counted_and_is_made_again_later(tmp_path):
    path = tmp_path / "out"
    folder = open_folder(path, IDENTITY)
    folder.add(made_run(0, WHOLE, [0.5]))
    room = (path / RUNS_NAME).stat().st_size + 20
    with (
        full_disk(room),
        pytest.raises(InvalidDataError, match=r"runs\.jsonl: cannot be written: "),
    ):
        folder.add(made_run(1, WHOLE, [0.5]))
    with full_disk(room):
        folder.close(finished=False)
    assert [run.configuration for run in reopened(path).values()] == [0]
    assert filled(path).keys() == {(number, WHOLE) for number in range(3)}


def test_a_folder_that_a_full_disk_refuses_is_named_and_can_be_begun_again(tmp_path):
    path = tmp_path / "out"
    with full_disk(), pytest.raises(InvalidDataError, match="out: cannot be written: "):
        open_folder(path, IDENTITY)
    assert {each.name for each in path.iterdir()} <= {"lock"}
    assert len(filled(path)) == 3
