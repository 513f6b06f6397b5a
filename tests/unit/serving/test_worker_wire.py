"""Messages between the edge and a worker: errors, whole numbers and frames survive the way."""

import asyncio
import socket
import struct
from decimal import Decimal

import msgspec
import pytest

from market_maker.model.actions import RecordState
from market_maker.model.errors import (
    ConflictError,
    IllegalTransitionError,
    InvalidDataError,
    InvalidFieldError,
    NotFoundError,
    StoreUnavailableError,
)
from market_maker.model.lifecycle import PoolState
from market_maker.serving.worker_wire import (
    FRAME_MAX,
    BrokenCommandError,
    WireFailure,
    WorkerPulse,
    failure_of,
    frames_on,
    raised,
)

pytestmark = pytest.mark.anyio

ERRORS = [
    ConflictError("open_orders", 3, "wait"),
    ConflictError("position", Decimal("1.5"), "held"),
    ConflictError("state", PoolState.PAUSED, "stopped meanwhile"),
    IllegalTransitionError("HALTED (halted: x)", "enable", ("resume", "pause")),
    InvalidFieldError("reviewed_by", None, "who reviewed"),
    NotFoundError("pool", "X"),
    StoreUnavailableError("away"),
]


def carried(error):
    """The error as the other process raises it."""
    content = msgspec.json.encode(failure_of(error))
    return raised(msgspec.json.decode(content, type=WireFailure))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_arrives_as_the_same_class_with_the_same_words(error):
    arrived = carried(error)
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert {name: str(value) for name, value in vars(arrived).items()} == {
        name: str(value) for name, value in vars(error).items()
    }


def test_a_list_of_moves_is_a_tuple_again():
    assert carried(ERRORS[3]).allowed == ("resume", "pause")


def test_a_bug_is_no_error_of_the_rules():
    assert isinstance(raised(WireFailure("", "KeyError: 1", {})), BrokenCommandError)


def test_whole_numbers_of_more_than_64_bits_are_exact():
    value = 10**30 + 1
    move = RecordState(1, PoolState.PAUSED, "a", "b")
    content = msgspec.json.encode((value, move))
    assert msgspec.json.decode(content, type=tuple[int, RecordState]) == (value, move)


async def pair():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return await frames_on(ours), theirs


async def test_messages_arrive_whole_and_in_order_and_a_cut_one_is_the_end():
    near, theirs = await pair()
    far = await frames_on(theirs)
    for lag in range(3):
        near.send(WorkerPulse(lag, {}))
    near.close()
    seen = []
    while (content := await far.next()) is not None:
        seen.append(msgspec.json.decode(content)["lag_ns"])
    assert seen == [0, 1, 2]
    far.close()


async def test_a_frame_that_claims_too_much_is_refused():
    near, theirs = await pair()
    theirs.sendall(struct.pack(">I", FRAME_MAX + 1))
    with pytest.raises(InvalidDataError, match="claims a frame"):
        await near.next()
    theirs.close()
    near.close()


async def test_half_a_frame_is_the_end_and_sending_to_no_one_is_harmless():
    near, theirs = await pair()
    theirs.sendall(struct.pack(">I", 10) + b"half")
    theirs.close()
    assert await near.next() is None
    near.close()
    near.send(WorkerPulse(1, {}))
    assert near.waiting == 0
    await asyncio.sleep(0)
