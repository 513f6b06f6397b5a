"""Pool configurations: what is taken, what is refused, and which of two writers wins."""

import asyncio
from decimal import Decimal

import pytest

from market_maker.model.errors import (
    ConflictError,
    InvalidFieldError,
    NotFoundError,
)
from market_maker.operations.views import PoolStatus
from tests.support.office import ANN, BOB, OTHER, SYMBOL, Office, config

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]


async def test_a_new_pool_is_not_running_and_has_version_one(office: Office) -> None:
    view, created = await office.application.pools.put(ANN, config())
    assert created
    assert (view.state, view.active_members, view.config.version) == (PoolStatus.NOT_RUNNING, 0, 1)
    assert await office.application.pools.get(SYMBOL) == view


async def test_posting_again_replaces_the_configuration_and_keeps_the_members(
    office: Office,
) -> None:
    ids = await office.pool()
    view, created = await office.application.pools.put(ANN, config(order_size_usdt=Decimal(5_000)))
    assert not created
    assert view.config.order_size_usdt == 5_000
    assert view.active_members == len(ids)


async def test_an_unlisted_symbol_is_not_found(office: Office) -> None:
    with pytest.raises(NotFoundError, match="instrument"):
        await office.application.pools.put(ANN, config("NOPEUSDT-PERP"))
    assert (await office.audit())[-1][1:3] == ("pool.put", "NOPEUSDT-PERP")


async def test_replacing_a_pool_that_does_not_exist_is_not_found(office: Office) -> None:
    with pytest.raises(NotFoundError, match="pool"):
        await office.application.pools.replace(ANN, config())
    with pytest.raises(NotFoundError):
        await office.application.pools.put(ANN, config(), expected_version=3)


async def test_of_two_writers_at_once_one_wins_and_the_other_is_refused(office: Office) -> None:
    await office.pool()
    version = (await office.application.pools.get(SYMBOL)).config.version
    results = await asyncio.gather(
        office.application.pools.replace(ANN, config(gamma=Decimal("0.2")), version),
        office.application.pools.replace(BOB, config(gamma=Decimal("0.3")), version),
        return_exceptions=True,
    )
    lost = [result for result in results if isinstance(result, ConflictError)]
    (won,) = [result for result in results if not isinstance(result, ConflictError)]
    assert [error.field for error in lost] == ["version"]
    assert (await office.application.pools.get(SYMBOL)).config.gamma == won.config.gamma


async def test_a_stale_version_is_a_conflict_that_names_the_current_one(office: Office) -> None:
    await office.pool()
    current = (await office.application.pools.get(SYMBOL)).config.version
    with pytest.raises(ConflictError) as caught:
        await office.application.pools.replace(ANN, config(), expected_version=current - 1)
    assert caught.value.current == current
    await office.application.pools.replace(ANN, config(), expected_version=current)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"order_size_usdt": Decimal(50)}, "order_size_usdt"),
        ({"strategy": "no such"}, "strategy"),
        ({"strategy_params": {"no_such": 1.0}}, "strategy_params"),
        ({"max_pool_position_usdt": Decimal(10_000)}, "position_limit_usdt"),
    ],
)
async def test_what_cannot_work_is_refused_and_nothing_changes(
    office: Office, fields, field
) -> None:
    await office.pool()
    before = await office.application.pools.get(SYMBOL)
    with pytest.raises(InvalidFieldError) as caught:
        await office.application.pools.replace(ANN, config(**fields))
    assert caught.value.field.startswith(field)
    assert await office.application.pools.get(SYMBOL) == before


async def test_levels_closer_than_a_tick_and_tiny_shares_are_warned_of(office: Office) -> None:
    await office.pool(weights=(50, 1), order_size_usdt=Decimal(1_000))
    view = await office.application.pools.replace(
        ANN,
        config(
            num_levels=3,
            level_spacing_bps=Decimal("0.005"),
            order_size_usdt=Decimal(1_000),
        ),
    )
    assert any("level_spacing_bps" in warning for warning in view.warnings)
    assert any("smallest order" in warning for warning in view.warnings)


async def test_a_change_is_in_force_on_the_next_cycle_of_the_live_engine(office: Office) -> None:
    await office.quoting()
    wide = config(strategy_params={"half_spread_bps": 20.0})
    view = await office.application.pools.replace(ANN, wide)
    await office.passes(20)
    runner = office.engine_host.get(SYMBOL)
    assert runner.config.version == view.config.version
    await office.until(
        lambda: {abs(o.price - 1_000_000) for o in office.venues[SYMBOL].open.values()} == {2_000}
    )


async def test_pages_are_by_symbol(office: Office) -> None:
    await office.pool(OTHER)
    await office.pool(SYMBOL)
    first = await office.application.pools.page(1)
    second = await office.application.pools.page(1, first.next_cursor)
    assert [view.config.symbol for view in (*first.items, *second.items)] == [SYMBOL, OTHER]
    assert second.next_cursor is None
