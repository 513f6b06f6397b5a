"""The series of a pool: one row a second, kept in blocks."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec import Raw, Struct, structs

from market_maker.model.units import NANOS_PER_SECOND, Nanos

SECOND = NANOS_PER_SECOND
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

BLOCK_ROWS = 60
"""Rows in a block: a minute of seconds, an hour of minutes."""

STEPS = {
    "1s": SECOND,
    "10s": 10 * SECOND,
    "1m": MINUTE,
    "5m": 5 * MINUTE,
    "1h": HOUR,
}
"""What a series can be asked for in, by name."""

KEPT = {SECOND: DAY, MINUTE: 90 * DAY, HOUR: 365 * DAY}
"""For how long each resolution is kept: step -> span, ns."""


class HistoryRow(Struct, frozen=True, array_like=True):
    """One step of a pool, its last value. ts: the beginning of the step. Prices and money are
    quote currency, position base currency; None where nothing was known. net_min to position_max:
    the extremes within the step. fills: within the step. rebalance: none, buy or sell."""

    ts: Nanos
    state: str
    mid: Decimal | None
    fair: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    spread_bps: float | None
    position: Decimal
    position_usdt: Decimal | None
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    funding: Decimal
    net: Decimal
    net_min: Decimal
    net_max: Decimal
    position_min: Decimal
    position_max: Decimal
    sigma_bps: float | None
    quoting_bid: bool
    quoting_ask: bool
    reason_bid: str
    reason_ask: str
    rebalance: str
    open_orders: int
    fills: int


class HistoryBlock(Struct, frozen=True, kw_only=True):
    """Rows of one pool and one step, oldest first. ts: where the block begins, a whole number of
    BLOCK_ROWS steps since the epoch."""

    symbol: str
    step: Nanos
    ts: Nanos
    rows: tuple[HistoryRow, ...]


class EncodedBlock(Struct, frozen=True, kw_only=True):
    """The same with each row as `encoded_rows` has it."""

    symbol: str
    step: Nanos
    ts: Nanos
    rows: tuple[Raw, ...]


_encoder = msgspec.msgpack.Encoder(decimal_format="string")
_decoder = msgspec.msgpack.Decoder(tuple[HistoryRow, ...])
_splitter = msgspec.msgpack.Decoder(tuple[Raw, ...])


def encoded_rows(rows: Sequence[HistoryRow | Raw]) -> bytes:
    """MessagePack, numbers as text."""
    return _encoder.encode(rows)


def decoded_rows(content: bytes) -> tuple[HistoryRow, ...]:
    """Of `encoded_rows`. Raises msgspec.DecodeError."""
    return _decoder.decode(content)


def split_rows(content: bytes) -> tuple[Raw, ...]:
    """The same, each row as it is encoded; they are parts of `content`."""
    return _splitter.decode(content)


def block_start(ts: Nanos, step: int) -> Nanos:
    """Where the block that holds `ts` begins."""
    return Nanos(ts - ts % (step * BLOCK_ROWS))


def merged(earlier: HistoryRow | None, later: HistoryRow, ts: Nanos) -> HistoryRow:
    """One row at `ts` for two steps: the last value, the extremes of both, fills added up."""
    if earlier is None:
        return later if later.ts == ts else structs.replace(later, ts=ts)
    return structs.replace(
        later,
        ts=ts,
        net_min=min(earlier.net_min, later.net_min),
        net_max=max(earlier.net_max, later.net_max),
        position_min=min(earlier.position_min, later.position_min),
        position_max=max(earlier.position_max, later.position_max),
        fills=earlier.fills + later.fills,
    )


def thinned(rows: tuple[HistoryRow, ...], step: int) -> tuple[HistoryRow, ...]:
    """The same series in steps of `step` ns, a multiple of its own."""
    found: list[HistoryRow] = []
    for row in rows:
        ts = Nanos(row.ts - row.ts % step)
        if found and found[-1].ts == ts:
            found[-1] = merged(found[-1], row, ts)
        else:
            found.append(merged(None, row, ts))
    return tuple(found)
