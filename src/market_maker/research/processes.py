"""Work of its own for several processes, none of which outlives its work.

A worker lives as long as a pipe from here stays open. Whatever ends us, even a kill, closes it, and
so does giving up: no message is sent, and no process is waited for.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from market_maker.model.errors import ProcessLostError

_Result = TypeVar("_Result")


def run_in_processes(
    calls: Sequence[tuple[Callable[..., _Result], tuple[Any, ...]]],
    workers: int,
    start: Callable[..., None],
    with_: tuple[Any, ...],
) -> Iterator[tuple[int, _Result]]:
    """The index and the result of every call, in the order in which they end. Each of at most
    `workers` processes calls start(*with_) first.

    Raises what a call raises, and ProcessLostError when a process ends before its work does. To
    leave before the end, by an error, by Ctrl-C or by closing the iterator, ends all processes.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, _begin, (ours, start, with_))
    try:
        with _interrupts_held_back():
            futures: dict[Future[_Result], int] = {
                pool.submit(call, *arguments): index
                for index, (call, arguments) in enumerate(calls)
            }
            # The executor lists the processes to watch before it starts another, so the death of
            # the last one would go unnoticed; one more submit makes it list them again.
            pool.submit(os.getpid)
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool:
        message = "a process ended before its work did: killed from outside, or out of memory?"
        raise ProcessLostError(message) from None
    finally:
        theirs.close()
        pool.shutdown(cancel_futures=True)
        ours.close()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Processes that are started meanwhile never see Ctrl-C, which a terminal sends to all: what
    to do about it is for us to decide, and afterwards we see it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _begin(lifeline: Connection, start: Callable[..., None], with_: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    start(*with_)


def _end_with(lifeline: Connection) -> None:
    """End this process, whatever it does, when the other end is closed."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
