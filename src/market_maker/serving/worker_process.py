"""Starting a worker's process, with one end of a socket pair that no one else can open."""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeAlias

from market_maker.api.health import program_fingerprint
from market_maker.model.units import Nanos

MODULE = "market_maker.cli.worker_start"
EXIT_REFUSED = 2
"""Of a worker that wrote in one line why it cannot be at work."""
EXIT_CHANGED = 3
"""Of a worker that is not of the program that its edge runs."""
CHANGED = "the program was changed since this service began: restart the service"
_ENDED = {
    EXIT_REFUSED: "ended with code 2: its own line on standard error says why",
    EXIT_CHANGED: f"cannot be started: {CHANGED}",
}


class WorkerProcess(Protocol):
    """A process of ours: as asyncio has it."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def returncode(self) -> int | None:
        """None while it lives; negative: the signal that ended it."""

    async def wait(self) -> int:
        """Until it has ended."""

    def kill(self) -> None:
        """At once, also where it is stopped."""


Spawn: TypeAlias = Callable[[int], Awaitable[tuple[WorkerProcess, socket.socket]]]
"""Starts the worker of a number; returns it and our end of the connection to it."""


async def spawned(data_dir: Path, number: int) -> tuple[WorkerProcess, socket.socket]:
    """data_dir: absolute. It reads the same environment as we do. A session of its own: Ctrl-C is
    the edge's, which asks its workers to end in order."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            MODULE,
            str(theirs.fileno()),
            str(number),
            str(data_dir),
            program_fingerprint(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
    return process, ours


async def spoken_to(link: socket.socket) -> bool:
    """Of a worker's own end: wait until the edge says something. False where it goes away instead.
    A process that stands by has everything imported by then, and has touched nothing."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(link.fileno(), readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(link.fileno())
    return bool(link.recv(1, socket.MSG_PEEK))


class StandBy:
    """A process that is started before it is needed, and waits to be spoken to. since: when, 0
    while there is none."""

    def __init__(self, spawn: Spawn, number: int) -> None:
        self._spawn, self._number = spawn, number
        self._waiting: tuple[WorkerProcess, socket.socket] | None = None
        self.since = Nanos(0)

    async def begin(self, now: Nanos) -> None:
        """Start one, unless there is one. Where none can be started none stands by."""
        if self._waiting is None:
            with suppress(OSError):
                self._waiting, self.since = await self._spawn(self._number), now

    async def taken(self) -> tuple[WorkerProcess, socket.socket]:
        """The one that stands by, or a new one."""
        waiting, self._waiting, self.since = self._waiting, None, Nanos(0)
        if waiting is not None:
            process, end = waiting
            if process.returncode is None:
                return process, end
            end.close()
        return await self._spawn(self._number)

    async def dismiss(self) -> None:
        """It is not needed."""
        waiting, self._waiting, self.since = self._waiting, None, Nanos(0)
        if waiting is not None:
            process, end = waiting
            end.close()
            if process.returncode is None:
                process.kill()
            await process.wait()


def in_words(code: int) -> str:
    """How a process ended."""
    if code < 0:
        return f"was ended by signal {-code}"
    return _ENDED.get(code, f"ended with code {code}")
