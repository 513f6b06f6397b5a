"""A disk without space, for this process and those that it starts."""

import os
import resource
import sys
from contextlib import contextmanager

SMALL = 64
NO_BYTE_CODE = "PYTHONDONTWRITEBYTECODE"


@contextmanager
def full_disk(room=SMALL):
    """Inside, no file grows beyond `room` bytes: writing raises OSError, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Byte code of what is imported for the first time inside would be kept cut short, and every
    # process that imports it later would fail.
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    inherited = os.environ.get(NO_BYTE_CODE)  # noqa: TID251 - what is started inside has it, too
    os.environ[NO_BYTE_CODE] = "1"  # noqa: TID251
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = before
        os.environ.pop(NO_BYTE_CODE)  # noqa: TID251
        if inherited is not None:
            os.environ[NO_BYTE_CODE] = inherited  # noqa: TID251
