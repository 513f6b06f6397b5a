"""Where the program begins: Ctrl-C while its modules are read ends it in silence, as later."""

import gc
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

INTERRUPTED = 130
LIBRARIES = {
    # numpy's algebra begins a thread for each processor as it is loaded. Nothing here has matrices
    # large enough for two, and sums of one thread are the same on every machine.
    "OPENBLAS_NUM_THREADS": "1",
    # gRPC writes lines of its own to standard error, between those of the log: that a process was
    # started beside it, why a handshake failed. We say both ourselves.
    "GRPC_VERBOSITY": "NONE",
    "GRPC_ENABLE_FORK_SUPPORT": "false",
}
"""Read by libraries as they are loaded; what is set already stays."""


def main() -> None:
    """The console entry point. A SIGINT that is ignored, as in the background of a script, stays
    so."""
    for variable, value in LIBRARIES.items():
        os.environ.setdefault(variable, value)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal or locale without a character gets another one, not a traceback.
            stream.reconfigure(errors="replace")
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if usual:
        signal.signal(signal.SIGINT, _end)
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
