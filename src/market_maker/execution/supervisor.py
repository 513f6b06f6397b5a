"""The last line of defence: what a bug breaks is contained, and said."""

import traceback
from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec import Struct

Given = TypeVar("Given")


class Failure(Struct, frozen=True):
    """What broke, in one line, and where, for the log."""

    line: str
    trace: str


def attempted(work: Callable[[], Given]) -> Given | Failure:
    """What `work` returns, or how it broke."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001  a bug must not leave orders behind
        return Failure(_one_line(error), traceback.format_exc())


async def awaited(work: Awaitable[Given]) -> Given | Failure:
    """The same for what is awaited."""
    try:
        return await work
    except Exception as error:  # noqa: BLE001  who asked gets an answer
        return Failure(_one_line(error), traceback.format_exc())


async def guarded(work: Awaitable[None], broke: Callable[[str, str], None]) -> None:
    """Run a background task of the process. `broke` is called for a bug in it (what, and where);
    the other parts go on, for they are needed for an orderly end."""
    try:
        await work
    except Exception as error:  # noqa: BLE001  orders must be cancelled whatever broke
        broke(_one_line(error), traceback.format_exc())


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]
