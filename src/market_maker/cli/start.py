"""Where the program begins: Ctrl-C while its modules are read ends it in silence, as later."""

import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

INTERRUPTED = 130
ONE_THREAD = "OPENBLAS_NUM_THREADS"
"""numpy's algebra begins a thread for each processor as it is loaded. Nothing here has matrices
large enough for two, and sums of one thread are the same on every machine."""


def main() -> None:
    """The console entry point. A SIGINT that is ignored, as in the background of a script, stays
    so."""
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if usual:
        signal.signal(signal.SIGINT, _end)
    os.environ.setdefault(ONE_THREAD, "1")
    with lasting():
        program = import_module("market_maker.cli.main")
    if usual:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    program.main()


@contextmanager
def lasting() -> Iterator[None]:
    """Read modules. What they make stays: the collector walks through none of it, neither here nor
    later nor at the end of the process."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _end(*_: object) -> None:
    os._exit(INTERRUPTED)
