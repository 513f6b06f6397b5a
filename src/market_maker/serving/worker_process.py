"""Starting a worker's process, with one end of a socket pair that no one else can open."""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeAlias

MODULE = "market_maker.cli.worker"


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
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
    return process, ours


def in_words(code: int) -> str:
    """How a process ended."""
    return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
