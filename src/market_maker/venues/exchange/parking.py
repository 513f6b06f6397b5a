"""Messages that could not be read, kept for people: where each was, why, and its bytes."""

from base64 import b64encode
from collections import deque
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from market_maker.model.units import Nanos

FILE_NAME = "parked-messages.jsonl"
BYTES_MAX = 64_000_000
"""Of the file. What is beyond is counted and logged, and stays in Kafka under its offset."""
VALUE_MAX = 65_536
"""Bytes that are kept of one message."""


class ParkedMessage(Struct, frozen=True, kw_only=True):
    """at: when it was parked. size: of its value, in bytes. value: its beginning, in base64."""

    topic: str
    partition: int
    offset: int
    key: str
    reason: str
    at: Nanos
    value: str
    size: int = 0


class ParkingLot:
    """A file to which lines are appended. problem: why one could not be written, empty while they
    can be. parked: messages since the start, those that could not be written too."""

    def __init__(self, path: Path, bytes_max: int = BYTES_MAX) -> None:
        self._path, self._bytes_max = path, bytes_max
        self.parked = 0
        self.problem = ""

    def park(self, message: ParkedMessage) -> None:
        """Keep one. Never raises: quoting does not depend on it."""
        self.parked += 1
        line = msgspec.json.encode(message) + b"\n"
        try:
            with self._path.open("ab") as file:
                if file.tell() + len(line) > self._bytes_max:
                    self.problem = f"{self._path} is full"
                    return
                file.write(line)
        except OSError as error:
            self.problem = f"{self._path}: {error.strerror}"
        else:
            self.problem = ""


def shown_value(value: bytes | None) -> str:
    """The first VALUE_MAX bytes as text."""
    return b64encode((value or b"")[:VALUE_MAX]).decode()


def parked_in(path: Path, last: int) -> list[ParkedMessage]:
    """The newest of a file, the oldest of them first; a line that a crash cut off is passed over.
    Raises OSError."""
    newest: deque[ParkedMessage] = deque(maxlen=last)
    with path.open("rb") as file:
        for line in file:
            with suppress(msgspec.DecodeError, UnicodeDecodeError):
                newest.append(msgspec.json.decode(line, type=ParkedMessage))
    return list(newest)
