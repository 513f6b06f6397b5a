"""Work of its own for several processes, none of which outlives its work.

A process that is killed costs what it was at: the others are begun again with what is left, so that
the results are the same. Work that keeps killing its process is an error.

A worker lives as long as a pipe from here stays open. Whatever ends us, even a kill, closes it, and
so does giving up: no message is sent, and no process is waited for.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from market_maker.model.errors import ProcessLostError

_Result = TypeVar("_Result")


LOST_IN_A_ROW_MAX = 3
"""Processes lost without a single result between them, from which on the work is at fault."""
LOST_MAX = 20
"""The same, in all."""

Call = tuple[Callable[..., _Result], tuple[Any, ...]]


def run_in_processes(
    calls: Sequence[Call[_Result]],
    workers: int,
    start: Callable[..., None] | None = None,
    with_: tuple[Any, ...] = (),
) -> Iterator[tuple[int, _Result]]:
    """The index and the result of every call, in the order in which they end. Each of at most
    `workers` processes calls start(*with_) first.

    A process that ends before its work does is replaced, and its calls are made again. Raises what
    a call raises, and ProcessLostError when processes keep ending. To leave before the end, by an
    error, by Ctrl-C or by closing the iterator, ends all processes.
    """
    left = dict(enumerate(calls))
    lost = in_a_row = 0
    while left:
        try:
            for index, result in _in_one_pool(left, workers, start, with_):
                del left[index]
                in_a_row = 0
                yield index, result
        except BrokenProcessPool:
            lost, in_a_row = lost + 1, in_a_row + 1
            if in_a_row >= LOST_IN_A_ROW_MAX or lost >= LOST_MAX:
                message = "processes keep ending before their work does: out of memory?"
                raise ProcessLostError(message) from None


def _in_one_pool(
    calls: Mapping[int, Call[_Result]],
    workers: int,
    start: Callable[..., None] | None,
    with_: tuple[Any, ...],
) -> Iterator[tuple[int, _Result]]:
    """Raises BrokenProcessPool when a process ends early; what was yielded until then holds."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(min(workers, len(calls)), context, _begin, (ours, start, with_))
    try:
        with _interrupts_held_back():
            futures: dict[Future[_Result], int] = {
                pool.submit(call, *arguments): index for index, (call, arguments) in calls.items()
            }
            # The executor lists the processes to watch before it starts another, so the death of
            # the last one would go unnoticed; one more submit makes it list them again.
            pool.submit(os.getpid)
        for future in as_completed(list(futures)):
            yield futures.pop(future), future.result()
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


def _begin(lifeline: Connection, start: Callable[..., None] | None, with_: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    if start is not None:
        start(*with_)


def _end_with(lifeline: Connection) -> None:
    """End this process, whatever it does, when the other end is closed."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
