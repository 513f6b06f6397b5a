"""Signals that ask a command to end in good order, and those that mean nothing to it.

What is left alone ends a process at once, without a word to the venue: a terminal that is closed
sends SIGHUP, and some scripts that rotate logs send SIGUSR1.
"""

import asyncio
import signal
from collections.abc import Callable
from typing import Final

ENDING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
MEANINGLESS: Final = (signal.SIGUSR1, signal.SIGUSR2)


def on_end_request(
    heard: Callable[[signal.Signals], object], which: tuple[signal.Signals, ...] = ENDING
) -> None:
    """Call `heard` for each of `which`, within the running loop. A SIGHUP that is ignored, as under
    nohup, stays so."""
    loop = asyncio.get_running_loop()
    for number in which:
        if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue
        loop.add_signal_handler(number, heard, number)
    for number in MEANINGLESS:
        signal.signal(number, signal.SIG_IGN)


def forget_end_requests() -> None:
    """The next one by a person ends the process at once. A terminal that is closed may send its
    signal twice, once by its shell."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
