import zlib
from typing import Any

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.model.history import SECOND, HistoryBlock
from market_maker.model.units import Nanos
from market_maker.storage.history import (
    BLOCK_BYTES_MAX,
    PACKED_AT_ONCE,
    StoredHistory,
    unpacked_rows,
)

BOMB = zlib.compress(bytes(BLOCK_BYTES_MAX + 1))


def test_a_block_comes_back_as_it_was() -> None:
    assert unpacked_rows("S", zlib.compress(b"rows" * 1_000)) == b"rows" * 1_000


@pytest.mark.parametrize("data", [BOMB, zlib.compress(b"rows" * 1_000)[:-5], b"rows", b""])
def test_a_block_that_is_damaged_or_unpacks_to_very_much_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidDataError, match="history of S: "):
        unpacked_rows("S", data)


class Said:
    """A session that notes how many rows each statement has."""

    embedded = True

    def __init__(self) -> None:
        self.rows: list[int] = []

    async def run(self, _statement: Any, values: list[dict[str, Any]]) -> None:
        self.rows.append(len(values))


@pytest.mark.anyio
async def test_many_blocks_are_packed_a_few_at_a_time() -> None:
    """The edge of three hundred pools has nine hundred every ten seconds."""
    said = Said()
    blocks = [
        HistoryBlock(symbol=f"S{n}", step=SECOND, ts=Nanos(0), rows=())
        for n in range(2 * PACKED_AT_ONCE + 3)
    ]
    await StoredHistory(said).put(blocks)  # type: ignore[arg-type]
    assert said.rows == [PACKED_AT_ONCE, PACKED_AT_ONCE, 3]
