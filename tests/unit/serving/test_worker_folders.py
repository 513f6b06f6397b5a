"""Folders of workers: who listens for a kill, and which heartbeats are over."""

from market_maker.serving.control_wire import SOCKET_NAME
from market_maker.serving.pulse import (
    FILE_NAME,
    Pulse,
    PulseFile,
    PulseReader,
    PulseState,
    end_heartbeats,
)
from market_maker.serving.worker_folders import (
    forget_sockets,
    kill_folders,
    stale_folders,
    worker_folder,
    worker_folders,
)
from market_maker.settings import Settings


def folders(data_dir, *numbers):
    made = [worker_folder(data_dir, number) for number in numbers]
    for folder in made:
        folder.mkdir(parents=True)
    return made


def beat(folder, state):
    pulse = Pulse(
        pid=1,
        state=state,
        passes=1,
        last_turn=1,
        open_orders=0,
        unproved_ms=0,
        deaf=False,
        venue="",
        accounts=(),
    )
    with PulseFile(folder / FILE_NAME) as file:
        file.write(pulse)


def state_of(folder):
    return PulseReader(folder / FILE_NAME).read().state


def test_workers_are_found_by_number_and_nothing_else_is(tmp_path):
    assert worker_folders(tmp_path) == ()
    made = folders(tmp_path, 2, 10, 1)
    (tmp_path / "workers" / "notes").mkdir()
    assert worker_folders(tmp_path) == (made[2], made[0], made[1])


def test_a_kill_goes_to_every_socket_there_is(tmp_path):
    one, two = folders(tmp_path, 1, 2)
    assert kill_folders(tmp_path) == ()
    for folder in (tmp_path, two):
        (folder / SOCKET_NAME).touch()
    assert kill_folders(tmp_path) == (tmp_path, two)
    forget_sockets(tmp_path)
    assert kill_folders(tmp_path) == ()
    assert one.is_dir()


def test_heartbeats_that_this_service_does_not_write_are_over(tmp_path):
    one, two, three = folders(tmp_path, 1, 2, 3)
    alone, shared = Settings(data_dir=tmp_path), Settings(data_dir=tmp_path, workers=2)
    assert stale_folders(alone) == (one, two, three)
    assert stale_folders(shared) == (tmp_path, three)
    beat(tmp_path, PulseState.UNPROVED)
    beat(two, PulseState.SERVING)
    beat(three, PulseState.SERVING)
    end_heartbeats(stale_folders(shared))
    assert state_of(tmp_path) is PulseState.ENDED
    assert state_of(three) is PulseState.ENDED
    assert state_of(two) is PulseState.SERVING
    assert PulseReader(one / FILE_NAME).read() is None
