"""The process of a worker: how it ended, in words, and that it cannot be started wrongly."""

import asyncio
import socket
from contextlib import suppress

import pytest

from market_maker.serving.worker_process import (
    CHANGED,
    EXIT_CHANGED,
    EXIT_REFUSED,
    StandBy,
    in_words,
    spawned,
    spoken_to,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "was ended by signal 9"),
        (0, "ended with code 0"),
        (1, "ended with code 1"),
        (EXIT_REFUSED, "ended with code 2: its own line on standard error says why"),
        (EXIT_CHANGED, f"cannot be started: {CHANGED}"),
    ],
)
def test_an_end_is_a_signal_or_a_code(code, words):
    assert in_words(code) == words


async def test_a_worker_without_its_database_ends_and_closes_the_connection(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTGRES_URL", "postgresql://127.0.0.1:1/none")
    process, ours = await spawned(tmp_path, 1)
    ours.sendall(b"a first word")
    assert await process.wait() != 0
    ours.setblocking(True)
    with suppress(ConnectionResetError):  # it has not read the word
        assert ours.recv(1) == b""
    ours.close()


async def test_one_that_is_not_spoken_to_touches_nothing_and_ends_with_its_edge(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("POSTGRES_URL", "postgresql://127.0.0.1:1/none")
    process, ours = await spawned(tmp_path, 1)
    ours.close()
    assert await process.wait() == 0
    assert list(tmp_path.iterdir()) == []


async def test_the_first_word_is_left_for_who_reads_it():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, theirs:
        asyncio.get_running_loop().call_soon(ours.sendall, b"word")
        assert await spoken_to(theirs)
        assert theirs.recv(10) == b"word"
        ours.close()
        assert not await spoken_to(theirs)


class Process:
    def __init__(self):
        self.returncode = None

    def kill(self):
        self.returncode = -9

    async def wait(self):
        return self.returncode


class Starter:
    """started: every process and our end of the connection to it."""

    def __init__(self):
        self.started, self.fails = [], False

    async def spawn(self, number):
        if self.fails:
            raise OSError(number, "no more processes")
        self.started.append((Process(), socket.socket()))
        return self.started[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for _, end in self.started:
            end.close()


async def test_one_that_stands_by_is_taken_before_a_new_one_is_started():
    with Starter() as starter:
        stand_by = StandBy(starter.spawn, 3)
        await stand_by.begin(5)
        await stand_by.begin(6)
        assert (len(starter.started), stand_by.since) == (1, 5)
        assert await stand_by.taken() == starter.started[0]
        assert stand_by.since == 0
        assert await stand_by.taken() == starter.started[1]


async def test_one_that_has_ended_meanwhile_is_not_taken():
    with Starter() as starter:
        stand_by = StandBy(starter.spawn, 3)
        await stand_by.begin(5)
        starter.started[0][0].kill()
        assert await stand_by.taken() == starter.started[1]
        assert starter.started[0][1].fileno() == -1


async def test_one_that_is_not_needed_is_ended():
    with Starter() as starter:
        stand_by = StandBy(starter.spawn, 3)
        await stand_by.begin(5)
        await stand_by.dismiss()
        await stand_by.dismiss()
        process, end = starter.started[0]
        assert (process.returncode, end.fileno(), stand_by.since) == (-9, -1, 0)


async def test_where_none_can_be_started_none_stands_by():
    starter = Starter()
    starter.fails = True
    stand_by = StandBy(starter.spawn, 3)
    await stand_by.begin(5)
    assert stand_by.since == 0
