"""A process beside the service for work that would hold up quoting: explanations and previews.

It is started with the first piece of work, yields to everything else on the machine, and ends with
the service, however that ends.
"""

import asyncio
import os
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from market_maker.model.errors import ProcessLostError
from market_maker.telemetry.logging import Logger

Result = TypeVar("Result")

WORK_S_MAX = 20.0
"""A piece of work that takes longer is given up, with its process."""
NICE = 10
MEMORY_BYTES_MAX = 4 << 30
"""Address space of the process."""


class HelperProcess:
    """One piece of work at a time; the others wait. What is given up is logged: who asked may be
    long gone, and the process costs half a second anew."""

    def __init__(self, log: Logger, within_s: float = WORK_S_MAX) -> None:
        self._log, self._within_s = log, within_s
        self._turn = asyncio.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._lifeline: tuple[Connection, Connection] | None = None

    async def run(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """The result of a call, which must be importable. Raises what it raises, and
        ProcessLostError where it takes too long or its process ends."""
        async with self._turn:
            pool = self._pool or self._started()
            working = asyncio.get_running_loop().run_in_executor(pool, call, *arguments)
            try:
                async with asyncio.timeout(self._within_s):
                    return await working
            except TimeoutError:
                took = f"the work took longer than {self._within_s:g} s and was given up"
                raise self._lost(call, took) from None
            except BrokenProcessPool:
                ended = "the helper process ended before its work did"
                raise self._lost(call, ended) from None

    def _lost(self, call: Callable[..., object], problem: str) -> ProcessLostError:
        self.close()
        work = getattr(call, "__name__", repr(call))
        self._log.warning("helper process lost", work=work, problem=problem)
        return ProcessLostError(problem)

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._lifeline is not None:
            for end in self._lifeline:
                end.close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._lifeline = None

    def _started(self) -> ProcessPoolExecutor:
        context = get_context("spawn")
        self._lifeline = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(1, context, _begin, (self._lifeline[0],))
        return self._pool


def _begin(lifeline: Connection) -> None:
    """In the process, before its first work."""
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    # A terminal sends Ctrl-C to all; this process ends with the service.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))


def _end_with(lifeline: Connection) -> None:
    """The other end is closed: the service is gone, or has given the work up."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
