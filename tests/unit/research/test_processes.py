import os
import signal
import threading

import pytest

from market_maker.model.errors import InvalidFieldError, ProcessLostError
from market_maker.research.processes import run_in_processes

pytestmark = pytest.mark.thorough

FOREVER = threading.Event()

_offset: list[int] = []


def start(offset):
    _offset.append(offset)


def add(number):
    return number + _offset[0]


def refuse(number):
    raise InvalidFieldError("number", number, "another")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(path, number):
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return add(number)
    return die()


def note_then_die_once(folder, number):
    with (folder / str(number)).open("a") as file:
        file.write("x")
    if number == 5:
        die_once(folder / "died", number)
    return 1


def interrupt(path):
    """As a terminal does it to the whole group, then say that we go on."""
    os.kill(os.getpid(), signal.SIGINT)
    path.write_text("still here")
    return 1


def note_and_hang(path):
    path.write_text(str(os.getpid()))
    FOREVER.wait()


def hang():
    FOREVER.wait()


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def running(calls, workers=2):
    return run_in_processes(calls, workers, start, (10,))


def test_every_result_comes_with_the_place_of_its_call():
    found = dict(running([(add, (number,)) for number in range(5)]))
    assert found == {0: 10, 1: 11, 2: 12, 3: 13, 4: 14}


def test_what_a_call_raises_is_raised():
    with pytest.raises(InvalidFieldError, match="number: 1 is not allowed; allowed: another"):
        list(running([(refuse, (1,))]))


def test_a_process_that_dies_is_an_error_and_not_a_wait():
    with pytest.raises(ProcessLostError, match="before their work does"):
        list(running([(die, ()), (hang, ())]))


def test_a_process_that_is_killed_once_changes_no_result(tmp_path):
    calls = [(die_once, (tmp_path / "died", number)) for number in range(6)]
    assert dict(running(calls)) == {number: number + 10 for number in range(6)}
    assert (tmp_path / "died").exists()


def test_what_was_done_before_a_process_died_is_not_done_again(tmp_path):
    calls = [(note_then_die_once, (tmp_path, number)) for number in range(8)]
    assert dict(running(calls, workers=1)) == dict.fromkeys(range(8), 1)
    assert len((tmp_path / "0").read_text()) == 1
    assert len((tmp_path / "5").read_text()) <= 2


def test_an_interrupt_is_for_the_parent_process_to_act_on(tmp_path):
    assert list(running([(interrupt, (tmp_path / "note",))])) == [(0, 1)]


def test_to_leave_before_the_end_ends_every_process_at_once(tmp_path):
    note = tmp_path / "pid"
    results = running([(note_and_hang, (note,)), *[(add, (1,))] * 3])
    next(results)
    while not note.exists() or not note.read_text():
        os.sched_yield()
    results.close()
    assert gone(int(note.read_text()))
