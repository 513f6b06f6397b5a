"""Unwinding: positions are worked down with orders that only reduce, and then the pool pauses."""

import pytest

from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from tests.unit.engine.desk import THREE, Desk, cancels, places, refusals, states


def long_pool(**fields) -> Desk:
    """ann, bob and cid have bought."""
    desk = Desk(members=THREE, order_size_usdt=100_000, max_pool_position_usdt=10**7, **fields)
    desk.started()
    for name in ("ann", "bob", "cid"):
        desk.step(desk.fill(desk.order(Side.BUY, name=name)))
    return desk


def unwinding(desk: Desk) -> Desk:
    desk.step(desk.operate(Command.UNWIND))
    for _ in range(4):
        desk.step()
    return desk


def test_only_orders_against_the_position_and_no_larger_than_it_are_left() -> None:
    desk = unwinding(long_pool(num_levels=2))
    held = {m.participant_id: m.position for m in desk.snapshot.members}
    assert sorted((o.member, o.side, o.level) for o in desk.orders) == [
        (name, Side.SELL, 0) for name in ("ann", "bob", "cid")
    ]
    assert all(0 < order.size <= held[order.member] for order in desk.orders)
    assert desk.reasons == (Reason.UNWINDING, Reason.UNWINDING)


def test_every_order_sent_is_reduce_only() -> None:
    desk = long_pool()
    placed = places(desk.step(desk.operate(Command.UNWIND)))
    for _ in range(4):
        placed += places(desk.step())
    assert placed
    assert all(order.reduce_only and order.side is Side.SELL for order in placed)


def test_the_pool_pauses_when_every_member_is_flat() -> None:
    desk = unwinding(long_pool())
    moves = []
    for _ in range(20):
        fills = [desk.fill(order) for order in desk.orders]
        moves += states(desk.step(*fills))
        if moves:
            break
    assert moves == [(PoolState.PAUSED, "guard", "unwound: every member is flat")]
    assert [m.position for m in desk.snapshot.members] == [0, 0, 0]


def test_members_on_opposite_sides_each_reduce_their_own() -> None:
    desk = Desk(members=THREE, order_size_usdt=100_000, max_pool_position_usdt=10**7).started()
    desk.step(desk.fill(desk.order(Side.BUY, name="ann")))
    desk.step(desk.fill(desk.order(Side.SELL, name="bob")))
    unwinding(desk)
    assert sorted((o.member, o.side) for o in desk.orders) == [
        ("ann", Side.SELL),
        ("bob", Side.BUY),
    ]


def test_a_flat_pool_pauses_at_once_and_cancels_everything() -> None:
    desk = Desk().started()
    actions = desk.step(desk.operate(Command.UNWIND))
    assert [state for state, _, _ in states(actions)] == [PoolState.ACTIVE, PoolState.PAUSED]
    assert len(cancels(actions)) == 2
    assert not places(actions)


def test_what_is_left_may_be_smaller_than_the_minimum_notional() -> None:
    desk = long_pool()
    desk.step(desk.found(Side.SELL, desk_position(desk, "cid") - 1, name="cid"))
    unwinding(desk)
    assert desk.order(Side.SELL, name="cid").size == 1


def desk_position(desk: Desk, name: str) -> int:
    return next(m.position for m in desk.snapshot.members if m.participant_id == name)


@pytest.mark.parametrize("command", [Command.ENABLE, Command.RESUME])
def test_a_start_ends_the_unwinding_and_quotes_both_sides_again(command: Command) -> None:
    desk = unwinding(long_pool())
    desk.step(desk.operate(command))
    for _ in range(4):
        desk.step()
    assert {order.side for order in desk.orders} == {Side.BUY, Side.SELL}


@pytest.mark.parametrize("first", [None, Command.PAUSE, Command.HALT])
def test_only_an_active_pool_unwinds(first: Command | None) -> None:
    desk = Desk().warm()
    if first is not None:
        desk.step(desk.operate(first))
    assert refusals(desk.step(desk.operate(Command.UNWIND)))
    assert desk.snapshot.state is not PoolState.ACTIVE


def test_a_stopped_member_is_unwound_too() -> None:
    desk = long_pool()
    desk.engine.accounts.all[0].stopped = "member loss limit exceeded"
    unwinding(desk)
    assert desk.order(Side.SELL, name="ann").leaves > 0
