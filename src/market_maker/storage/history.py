"""Series of the pools, stored in blocks."""

import zlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from market_maker.model.errors import InvalidDataError
from market_maker.model.history import (
    BLOCK_ROWS,
    EncodedBlock,
    HistoryBlock,
    decoded_rows,
    encoded_rows,
)
from market_maker.model.units import Nanos
from market_maker.storage.panel_tables import history
from market_maker.storage.session import AnyRow, StoreSession

LEVEL = 1
"""Of zlib: the rows of a block resemble each other, so that more effort gains little."""

PACKED_AT_ONCE = 10
"""Blocks that are packed before the database has a turn: three hundred pools have nine hundred, and
nothing else went on in the edge while all of them were packed."""

BLOCK_BYTES_MAX = 8 << 20
"""Of a block, unpacked: a hundred times what one has."""


class StoredHistory:
    """ports.HistoryBlocks."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def put(self, blocks: Sequence[HistoryBlock | EncodedBlock]) -> None:
        if not blocks:
            return
        statement: Any = (sqlite.insert if self._session.embedded else postgresql.insert)(history)
        statement = statement.on_conflict_do_update(
            index_elements=history.primary_key.columns,
            set_={"data": statement.excluded.data},
        )
        for start in range(0, len(blocks), PACKED_AT_ONCE):
            some = blocks[start : start + PACKED_AT_ONCE]
            await self._session.run(statement, [_packed(block) for block in some])

    async def read(
        self, symbol: str, step: Nanos, since: Nanos, until: Nanos
    ) -> tuple[HistoryBlock, ...]:
        columns = history.c
        query = select(history).where(
            columns.symbol == symbol,
            columns.step == step,
            columns.ts > since - step * BLOCK_ROWS,
            columns.ts < until,
        )
        rows = await self._session.rows(query.order_by(columns.ts))
        return tuple(map(_unpacked, rows))

    async def purge(self, step: Nanos, before: Nanos) -> int:
        old = delete(history).where(history.c.step == step, history.c.ts < before)
        return (await self._session.run(old)).rowcount


def _packed(block: HistoryBlock | EncodedBlock) -> dict[str, Any]:
    data = zlib.compress(encoded_rows(block.rows), LEVEL)
    return {"symbol": block.symbol, "step": block.step, "ts": block.ts, "data": data}


def _unpacked(row: AnyRow) -> HistoryBlock:
    rows = decoded_rows(unpacked_rows(row.symbol, row.data))
    return HistoryBlock(symbol=row.symbol, step=row.step, ts=row.ts, rows=rows)


def unpacked_rows(symbol: str, data: bytes) -> bytes:
    """A block as it was before it was packed. Raises InvalidDataError for one that is damaged, or
    unpacks to more than any block has."""
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(data, BLOCK_BYTES_MAX)
    except zlib.error as error:
        raise InvalidDataError(f"history of {symbol}", f"is damaged: {error}") from None
    if unpacking.unconsumed_tail or not unpacking.eof:
        problem = f"is cut off, or has more than {BLOCK_BYTES_MAX} bytes in a block"
        raise InvalidDataError(f"history of {symbol}", problem)
    return content
