"""What travels between the edge and a worker: frames of JSON over a socket pair.

A frame is its length (4 bytes, big endian) and one message. The edge asks, each question with a
number, and the worker answers under that number as soon as it can, in any order; what needs no
answer has the number 0. The worker publishes its pools on the same connection: what a command
changed is there before its answer. JSON and not MessagePack, because money is counted in whole
numbers beyond 64 bits.
"""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from market_maker.execution.pass_watch import Shortage
from market_maker.execution.published_pool import PublishedPool
from market_maker.model import errors
from market_maker.model.caller import Caller
from market_maker.model.errors import InvalidDataError, MakerError
from market_maker.model.events import ExposureTold
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos
from market_maker.operations.halt_reviews import Review
from market_maker.operations.views import EmergencyView, StateView

FRAME_MAX = 64 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class EnableAsked(Struct, frozen=True, tag=True):
    """PoolCommands.enable."""

    caller: Caller
    symbol: str


class ResumeAsked(Struct, frozen=True, tag=True):
    """PoolCommands.resume."""

    caller: Caller
    symbol: str
    review: Review | None


class StartChecked(Struct, frozen=True, tag=True):
    """PoolCommands.check_may_start."""

    caller: Caller
    symbol: str


class ReviewAsked(Struct, frozen=True, tag=True):
    """PoolCommands.review."""

    caller: Caller
    symbol: str
    note: str


class PauseAsked(Struct, frozen=True, tag=True):
    """PoolCommands.pause."""

    caller: Caller
    symbol: str
    reason: str


class KillAsked(Struct, frozen=True, tag=True):
    """PoolCommands.kill; an empty symbol is all of the worker's."""

    caller: Caller
    symbol: str
    reason: str


class FlattenAsked(Struct, frozen=True, tag=True):
    """PoolCommands.flatten; an empty symbol is all of the worker's."""

    caller: Caller
    symbol: str
    reason: str
    unwind: bool


class RemoveAsked(Struct, frozen=True, tag=True):
    """PoolCommands.remove."""

    caller: Caller
    symbol: str
    force: bool


class TakeUpAsked(Struct, frozen=True, tag=True):
    """Claim these symbols and recover their pools, PAUSED."""

    symbols: tuple[str, ...]


class HandedEstimates(Struct, frozen=True):
    """What an engine had learnt of its market. basis: of which program and configuration; at: when;
    learnt: frozen (journaling.checkpoint)."""

    basis: str
    at: Nanos
    learnt: bytes


class Released(Struct, frozen=True):
    """A symbol that its worker has given up. was_active: before it was stopped for this; version:
    of the configuration that it quoted by. estimates: None where they were worth nothing."""

    was_active: bool
    version: int
    estimates: HandedEstimates | None = None


class ReleaseAsked(Struct, frozen=True, tag=True):
    """Stop, cancel, prove and give up a symbol. reason: of the stop, in words."""

    caller: Caller
    symbol: str
    reason: str


class TakeOverAsked(Struct, frozen=True, tag=True):
    """Take up a symbol that another worker has given up."""

    caller: Caller
    symbol: str
    released: Released


class MetricsAsked(Struct, frozen=True, tag=True):
    """The worker's page of metrics."""


class EndAsked(Struct, frozen=True, tag=True):
    """Stop quoting, cancel, prove, end. No answer: the worker ends with a WorkerEnded."""


class Configure(Struct, frozen=True, tag=True):
    """Engines.configure. No answer."""

    config: PoolConfig


class TellExposure(Struct, frozen=True, tag=True):
    """The method `tell` of Engines. No answer."""

    symbol: str
    event: ExposureTold


class Watched(Struct, frozen=True, tag=True):
    """Live pictures are read, now. No answer."""


PoolCommand: TypeAlias = (
    EnableAsked
    | ResumeAsked
    | StartChecked
    | ReviewAsked
    | PauseAsked
    | KillAsked
    | FlattenAsked
    | RemoveAsked
)
WorkerQuestion: TypeAlias = PoolCommand | TakeUpAsked | ReleaseAsked | TakeOverAsked | MetricsAsked
OneWay: TypeAlias = EndAsked | Configure | TellExposure | Watched

ANSWERS: dict[type[Struct], Any] = {
    EnableAsked: StateView,
    ResumeAsked: StateView,
    StartChecked: None,
    ReviewAsked: Review,
    PauseAsked: StateView,
    KillAsked: EmergencyView,
    FlattenAsked: EmergencyView,
    RemoveAsked: None,
    TakeUpAsked: None,
    ReleaseAsked: Released,
    TakeOverAsked: StateView,
    MetricsAsked: str,
}
"""What each question is answered with."""


class ToWorker(Struct, frozen=True):
    """number: of a question, 0 for what needs no answer. trace_id, traceparent: of the request it
    belongs to; empty where there is none."""

    number: int
    trace_id: str
    what: WorkerQuestion | OneWay
    traceparent: str = ""


class WireFailure(Struct, frozen=True):
    """An error of ours on its way to the other process. kind: its class, empty for a bug."""

    kind: str
    text: str
    fields: dict[str, Any]


class WorkerBegun(Struct, frozen=True, tag=True):
    """The first message. worker: its name in mm_workers."""

    worker: str
    pid: int


class Answered(Struct, frozen=True, tag=True):
    """The answer to question `number`. value: JSON of the type in ANSWERS, unless it failed."""

    number: int
    value: msgspec.Raw
    failure: WireFailure | None = None


class PoolsPublished(Struct, frozen=True, tag=True, gc=False):
    """Pools as they are now. gone: those that have no engine any more."""

    pools: tuple[PublishedPool, ...] = ()
    gone: tuple[str, ...] = ()


class WorkerPulse(Struct, frozen=True, tag=True):
    """Ten times a second while the worker's loop goes round. problems: what is wrong with what it
    depends on, by name. topics_lag: how late it reads the exchange's topics; None where it reads
    none. shortage: of its processor time."""

    lag_ns: int
    problems: dict[str, str]
    topics_lag: Nanos | None = None
    shortage: Shortage | None = None


class WorkerEnded(Struct, frozen=True, tag=True):
    """The last message, and before it one that says what is known when the venue's proof is there
    or its time is over. unproved: symbols whose orders are not proved gone; recorded: whether all
    is in the database; failure: what broke, empty when the end was asked for."""

    unproved: tuple[str, ...]
    recorded: bool
    failure: str


FromWorker: TypeAlias = WorkerBegun | Answered | PoolsPublished | WorkerPulse | WorkerEnded

EDGE_DECODER = msgspec.json.Decoder(FromWorker)
WORKER_DECODER = msgspec.json.Decoder(ToWorker)


class BrokenCommandError(Exception):
    """A bug in the other process broke a command; its log has the trace."""


def failure_of(error: MakerError) -> WireFailure:
    """An error, to be raised again by `raised`."""
    fields = {name: _plain(value) for name, value in vars(error).items()}
    return WireFailure(type(error).__name__, str(error), fields)


def raised(failure: WireFailure) -> Exception:
    """The error as it was raised in the other process."""
    kind = getattr(errors, failure.kind, None) if failure.kind else None
    if kind is None:
        return BrokenCommandError(failure.text)
    error: MakerError = kind.__new__(kind)
    error.args = (failure.text,)
    for name, value in failure.fields.items():
        vars(error)[name] = tuple(value) if isinstance(value, list) else value
    return error


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str | list | tuple):
        return value
    return str(value)


class WorkerFrames:
    """One end of a connection: whole messages in, whole messages out."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @property
    def waiting(self) -> int:
        """Bytes that the other end has not taken yet."""
        return self._writer.transport.get_write_buffer_size()

    def send(self, message: Struct) -> None:
        """Hand over; returns at once. Nothing happens where the other end is gone."""
        content = msgspec.json.encode(message)
        if not self._writer.is_closing():
            self._writer.write(_LENGTH.pack(len(content)) + content)

    async def next(self) -> bytes | None:
        """The next message; None when the other end is gone. Raises InvalidDataError."""
        try:
            (length,) = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))
            if length > FRAME_MAX:
                raise InvalidDataError("worker connection", f"claims a frame of {length} bytes")
            return await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, OSError):
            return None

    async def drain(self, within_s: float) -> None:
        """Wait until the other end has taken what was sent, for at most so long."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(within_s):
                await self._writer.drain()

    def close(self) -> None:
        """The other end sees it."""
        self._writer.close()


async def frames_on(end: socket.socket) -> WorkerFrames:
    """On one end of a socket pair."""
    reader, writer = await asyncio.open_unix_connection(sock=end)
    return WorkerFrames(reader, writer)
