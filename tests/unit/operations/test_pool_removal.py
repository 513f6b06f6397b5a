"""Deleting a pool: only with nothing open, and what it holds stays in every total."""

import pytest

from market_maker.model.errors import ConflictError, IllegalTransitionError, NotFoundError
from market_maker.operations.views import PoolStatus
from tests.support.office import ANN, SYMBOL, Office, config, member

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]


async def test_an_active_pool_is_not_deleted(office: Office) -> None:
    await office.quoting()
    with pytest.raises(IllegalTransitionError, match="ACTIVE"):
        await office.application.controls.remove(ANN, SYMBOL)


async def test_a_pool_is_not_deleted_before_its_orders_are_proved_gone(office: Office) -> None:
    await office.quoting()
    office.venues[SYMBOL].mute = True
    await office.application.controls.pause(ANN, SYMBOL)
    with pytest.raises(ConflictError, match="open_orders"):
        await office.application.controls.remove(ANN, SYMBOL)
    office.venues[SYMBOL].mute = False
    await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
    await office.application.controls.remove(ANN, SYMBOL)
    with pytest.raises(NotFoundError):
        await office.application.pools.get(SYMBOL)


async def test_deleting_right_after_the_pause_waits_for_the_proof(office: Office) -> None:
    await office.quoting()
    await office.application.controls.pause(ANN, SYMBOL)
    assert office.engine_host.get(SYMBOL).is_unproved
    await office.application.controls.remove(ANN, SYMBOL)
    assert office.engine_host.get(SYMBOL) is None
    assert office.venues[SYMBOL].open == {}


async def test_a_deleted_pool_can_be_made_again_and_keeps_its_history(office: Office) -> None:
    await office.quoting()
    await office.application.controls.pause(ANN, SYMBOL)
    await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
    await office.application.controls.remove(ANN, SYMBOL)
    used = set(office.venues[SYMBOL].placed)
    await office.quoting()
    assert used.isdisjoint(office.venues[SYMBOL].placed)


async def test_a_pool_with_a_position_is_not_deleted_without_force(office: Office) -> None:
    await office.holding()
    with pytest.raises(ConflictError, match="the pool's members hold a position") as caught:
        await office.application.controls.remove(ANN, SYMBOL)
    assert caught.value.field == "position"
    assert (await office.application.pools.get(SYMBOL)).state is PoolStatus.PAUSED


async def test_the_position_of_a_deleted_pool_stays_in_every_total(office: Office) -> None:
    await office.holding()
    before = await office.application.controls.summary()
    assert before.gross_position_usdt > 0
    await office.application.controls.remove(ANN, SYMBOL, force=True)
    with pytest.raises(NotFoundError):
        await office.application.pools.get(SYMBOL)
    after = await office.application.controls.summary()
    assert after.gross_position_usdt == before.gross_position_usdt
    (pool,) = after.pools
    assert (pool.deleted, pool.active_members, pool.reason) == (
        True, 0, "deleted with a position: it counts until it is flat",
    )  # fmt: skip
    assert (await office.application.controls.status(SYMBOL)).deleted
    assert (await office.application.analytics.overview()).pools == 1
    with pytest.raises(NotFoundError):
        await office.application.controls.enable(ANN, SYMBOL)


async def test_a_pool_that_is_made_again_takes_its_position_up_and_shows_its_members(
    office: Office,
) -> None:
    await office.holding()
    await office.application.controls.remove(ANN, SYMBOL, force=True)
    ids = await office.quoting()
    status = await office.application.controls.status(SYMBOL)
    assert not status.deleted
    assert status.engine.net_position != 0
    weights = {each.participant_id: each.capital_weight_pct for each in status.members}
    assert [weights[name] for name in ids] == [50, 30]
    assert {weight for name, weight in weights.items() if name not in ids} <= {0}


async def test_a_pool_made_again_is_in_force_at_once_at_the_engine_that_the_old_one_left(
    office: Office,
) -> None:
    """The engine passes over configurations that are older than its own."""
    await office.holding()
    for size in (9_000, 8_000, 7_000):
        await office.application.pools.put(ANN, config(order_size_usdt=size))
    before = (await office.application.pools.get(SYMBOL)).config
    await office.application.controls.remove(ANN, SYMBOL, force=True)
    made, new = await office.application.pools.put(
        ANN, config(order_size_usdt=7_000, max_pool_loss_usdt=before.max_pool_loss_usdt / 2)
    )
    assert new
    assert made.config.version == before.version + 1
    await office.passes(300)
    engine = office.engine_host.get(SYMBOL).config
    assert (engine.max_pool_loss_usdt, engine.version) == (
        made.config.max_pool_loss_usdt, made.config.version,
    )  # fmt: skip
    name = await office.participant("new")
    await office.application.members.add(ANN, SYMBOL, member(name))
    await office.application.controls.enable(ANN, SYMBOL)
    await office.until(lambda: len(office.venues[SYMBOL].open) == 2)


async def test_a_pool_made_again_shows_no_members_that_left_nothing(office: Office) -> None:
    await office.quoting()
    await office.application.controls.pause(ANN, SYMBOL)
    await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
    await office.application.controls.remove(ANN, SYMBOL)
    ids = await office.quoting()
    status = await office.application.controls.status(SYMBOL)
    assert sorted(each.participant_id for each in status.members) == sorted(ids)
