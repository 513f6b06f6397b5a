"""What a test needs of the machine. Missing, it is reported as not run, and fails where CI=true."""

import os
import shutil
from typing import NoReturn

import pytest


def not_run(reason: str) -> NoReturn:
    """End the test: nothing that CI must show is left out in silence."""
    if os.environ.get("CI") == "true":  # noqa: TID251 - what CI must not skip
        pytest.fail(reason)
    pytest.skip(f"not run: {reason}")


def need_program(name: str) -> str:
    """Where a program stands."""
    found = shutil.which(name)
    return not_run(f"{name} is not on this machine") if found is None else found
