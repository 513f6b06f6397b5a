"""A disk without space, for this process."""

import resource
from contextlib import contextmanager

SMALL = 64


@contextmanager
def full_disk(room=SMALL):
    """Inside, no file grows beyond `room` bytes: writing raises OSError, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
