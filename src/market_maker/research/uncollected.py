"""Python's garbage collector, off while a replay runs.

A replay keeps every action and fill that it makes, and none of them is in a cycle. Each full
collection goes through all of them and finds nothing: over a day of one busy symbol that was a
third of the time, and a row cost the more the longer the recording was.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect nothing until the end of the block; it is as it was then."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
