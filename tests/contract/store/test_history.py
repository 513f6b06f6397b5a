import pytest

from market_maker.model.history import BLOCK_ROWS, MINUTE, SECOND, HistoryBlock
from market_maker.model.units import Nanos
from market_maker.ports import Store
from tests.builders import SYMBOL
from tests.unit.model.test_history import row

pytestmark = pytest.mark.anyio


def block(number: int, *rows: int, symbol: str = SYMBOL, step: int = SECOND) -> HistoryBlock:
    ts = Nanos(number * BLOCK_ROWS * step)
    return HistoryBlock(
        symbol=symbol, step=Nanos(step), ts=ts, rows=tuple(row(each, net=each) for each in rows)
    )


async def test_blocks_come_back_as_they_were_and_a_later_one_replaces(store: Store) -> None:
    blocks = [block(0, 1, 2), block(1, 60), block(2, 120), block(0, symbol="OTHER")]
    async with store.transaction() as unit:
        await unit.history.put(blocks)
        await unit.history.put([block(1, 60, 61)])
        await unit.history.put([])
    async with store.reading() as unit:
        found = await unit.history.read(SYMBOL, Nanos(SECOND), Nanos(59 * SECOND), Nanos(MINUTE))
        later = await unit.history.read(
            SYMBOL, Nanos(SECOND), Nanos(61 * SECOND), Nanos(62 * SECOND)
        )
        none = await unit.history.read(SYMBOL, Nanos(MINUTE), Nanos(0), Nanos(MINUTE))
    assert found == (blocks[0],)
    assert later == (block(1, 60, 61),)
    assert none == ()


async def test_old_blocks_of_one_step_are_forgotten(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.history.put([block(0, 1), block(5, 300), block(0, 0, step=MINUTE)])
        assert await unit.history.purge(Nanos(SECOND), Nanos(100 * SECOND)) == 1
        assert len(await unit.history.read(SYMBOL, Nanos(MINUTE), Nanos(0), Nanos(1))) == 1
        left = await unit.history.read(SYMBOL, Nanos(SECOND), Nanos(0), Nanos(10**12))
    assert left == (block(5, 300),)
