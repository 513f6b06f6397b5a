"""One block of a growing series, kept small: as objects, an hour of a hundred pools takes ten
megabytes, which come and go each hour and leave holes in the memory of Python."""

import zlib
from collections.abc import Iterable

from msgspec import Raw

from market_maker.model.history import (
    HistoryRow,
    decoded_rows,
    encoded_rows,
    merged,
    split_rows,
)

LEVEL = 1
LOOSE_MAX = 10
"""Encoded rows that are not compressed yet."""


class GrowingBlock:
    """The newest row as an object, some before it encoded, those before them compressed."""

    __slots__ = ("_loose", "_newest", "_packed")

    def __init__(self, rows: Iterable[HistoryRow] = ()) -> None:
        self._packed = b""
        self._loose: list[bytes] = []
        self._newest: HistoryRow | None = None
        for row in rows:
            self.add(row)

    def add(self, row: HistoryRow) -> None:
        """The next one, or more of the newest: of the same step."""
        before = self._newest
        if before is None or before.ts == row.ts:
            self._newest = merged(before, row, row.ts)
            return
        self._loose.append(encoded_rows((before,)))
        self._newest = merged(None, row, row.ts)
        if len(self._loose) >= LOOSE_MAX:
            self._packed = zlib.compress(encoded_rows(self._earlier()), LEVEL)
            self._loose.clear()

    def rows(self) -> tuple[HistoryRow, ...]:
        """All of them, oldest first."""
        newest = () if self._newest is None else (self._newest,)
        return (*decoded_rows(encoded_rows(self._earlier())), *newest)

    def encoded(self) -> tuple[Raw, ...]:
        """The same, each encoded."""
        newest = () if self._newest is None else split_rows(encoded_rows((self._newest,)))
        return (*self._earlier(), *newest)

    def _earlier(self) -> tuple[Raw, ...]:
        packed = split_rows(zlib.decompress(self._packed)) if self._packed else ()
        return (*packed, *(row for each in self._loose for row in split_rows(each)))
