"""Connections to other processes, as far as they are counted: one that is made again and again is
a fault that nothing else shows."""

from enum import StrEnum
from typing import Protocol


class GivenUp(StrEnum):
    """Why a connection is not used any more. ENDED: the other end hung up, or is not there.
    SILENT: no answer came in time. UNREADABLE: an answer came that cannot be read. LEFT: who used
    it was stopped in the middle, so that the next answer on it would be another's. IDLE: it was not
    used for long."""

    ENDED = "ended"
    SILENT = "silent"
    UNREADABLE = "unreadable"
    LEFT = "left"
    IDLE = "idle"


class ConnectionWatch(Protocol):
    """Where connections are counted. to: what is at the other end, in one word."""

    def made(self, to: str) -> None:
        """There is one more."""

    def given_up(self, to: str, why: GivenUp, problem: str = "") -> None:
        """One is not used any more, although its owner is not at its end."""


class _Uncounted:
    def made(self, to: str) -> None:
        del to

    def given_up(self, to: str, why: GivenUp, problem: str = "") -> None:
        del to, why, problem


UNCOUNTED: ConnectionWatch = _Uncounted()
"""Of what runs beside a service: commands, the watchdog."""
