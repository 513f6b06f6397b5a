"""Where the time from a tick to its order goes, stage by stage, as seen in a worker under load.

A message waits at the exchange for others and lies at the broker (a Kafka message has the time at
which it was produced, in whole milliseconds); then it is handed from the consumer's thread to the
loop, decoded, waits for its engine's turn, and the order for the commit before it and for its own.
Without Kafka the first three are none: a stream's frame arrives at the loop."""

from array import array
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

import market_maker.venues.exchange.reader
from market_maker.clocks import WallClock
from market_maker.model.units import Nanos
from market_maker.topics.schema_files import DELTAS, SNAPSHOTS, TRADES
from market_maker.venues.exchange.reader import ExchangeReader, next_batch

CLOCK = WallClock()

STAGES = (
    "at exchange and broker",
    "consumer's thread to the loop",
    "decoded",
    "waits for its turn",
    "turn",
    "waits for a commit",
    "commit",
    "to the wire",
)
BOOKS = (SNAPSHOTS, DELTAS, TRADES)
"""Facts that orders answer."""

FETCHED = 1
"""Moments before this one are not in this process."""


class Heard(Struct):
    """The newest message of a symbol: when it was produced, fetched, in the loop, decoded."""

    produced: int
    fetched: int
    looped: int
    decoded: int


class Stages:
    """times: of each stage, nanoseconds. here: from a message's arrival in this process to its
    order."""

    def __init__(self) -> None:
        self.times = [array("q") for _ in STAGES]
        self.here = array("q")

    def add(self, moments: Iterable[int]) -> None:
        """From when it was produced to when its order went out: one more than there are stages."""
        line = list(moments)
        for times, begin, end in zip(self.times, line, line[1:], strict=False):
            times.append(end - begin)
        self.here.append(line[-1] - line[FETCHED])

    def shown(self) -> dict[str, list[int]]:
        """In one JSON with others."""
        found = {name: sorted(each) for name, each in zip(STAGES, self.times, strict=True)}
        return {f"stage {name}": each for name, each in found.items()} | {"here": sorted(self.here)}


HEARD: dict[str, Heard] = {}
COMMITS: dict[str, tuple[int, int]] = {}
"""Order -> when its commit began and ended."""
FETCHED_AT: deque[int] = deque()
"""When each batch came that the loop has not taken yet."""


def _seen_batch(consumer: Any) -> list[Any]:
    """On the consumer's thread."""
    found = next_batch(consumer)
    FETCHED_AT.append(CLOCK.now())
    return found


async def _seen_take_all(self: ExchangeReader, *batch: Iterable[Any]) -> None:
    global _fetched, _looped
    _fetched, _looped = FETCHED_AT.popleft(), CLOCK.now()
    await _take_all(self, *batch)


async def _seen_take(self: ExchangeReader, message: Any) -> None:
    await _take(self, message)
    symbol = (message.key() or b"").decode()
    if message.topic() in BOOKS and symbol in self._feeds:
        HEARD[symbol] = Heard(self._arrival(message), _fetched, _looped, CLOCK.now())


_fetched = _looped = 0
_take_all: Callable[..., Any] = ExchangeReader._take_all  # noqa: SLF001
_take: Callable[..., Any] = ExchangeReader.take


def watch_reader() -> None:
    """From now on."""
    market_maker.venues.exchange.reader.next_batch = _seen_batch
    ExchangeReader._take_all = _seen_take_all  # type: ignore[method-assign]  # noqa: SLF001
    ExchangeReader.take = _seen_take  # type: ignore[method-assign]


def heard(symbol: str, arrival: Nanos) -> Heard:
    """What is known of the newest fact of a symbol, which was received at `arrival`."""
    known = HEARD.get(symbol)
    return known or Heard(arrival, arrival, arrival, arrival)
