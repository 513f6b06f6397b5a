"""What the exchange wrote to its own topic, judged: whose orders were live when."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import asyncpg

from market_maker.model.client_order_id import stamp_of
from market_maker.model.units import NANOS_PER_SECOND
from tests.e2e.drill import SYMBOLS


class HasFields(Protocol):
    """A message that was read."""

    fields: Mapping[str, Any]


Read = TypeVar("Read", bound=HasFields)


def once(read: Sequence[Read]) -> Iterator[Read]:
    """Each event where it stood first."""
    seen: set[str] = set()
    for each in read:
        if each.fields["event_id"] not in seen:
            seen.add(each.fields["event_id"])
            yield each


def account_in(event: Mapping[str, Any]) -> str:
    part = event.get(event["type"].lower()) or {}
    return part.get("account_id", "")


def name_in(event: Mapping[str, Any]) -> str:
    return event[event["type"].lower()]["client_order_id"]


def live(events: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], set[str]]]:
    """Each event of orders with the names that are live after it."""
    names: set[str] = set()
    for event in events:
        match event["type"]:
            case "ACCEPTED":
                names.add(name_in(event))
            case "CANCELLED":
                names.discard(name_in(event))
            case "FILLED" if not float(event["filled"]["leaves"]):
                names.discard(name_in(event))
        yield event, names


def check_slots(events: Sequence[Mapping[str, Any]]) -> None:
    """A member has one order on a level and side of a symbol: two would be two workers'."""
    for symbol in SYMBOLS:
        own = [event for event in events if event["symbol"] == symbol]
        for event, names in live(own):
            slots = Counter(name.rpartition("-")[0] for name in names)
            assert not slots or max(slots.values()) == 1, (event, sorted(names))


def check_successors(
    events: Sequence[Mapping[str, Any]], taken_up: Sequence[tuple[str, int]]
) -> None:
    """What one worker left is gone when the next one places its first order."""
    for symbol, at in taken_up:
        own = [event for event in events if event["symbol"] == symbol]
        for event, names in live(own):
            stamps = {stamp_of(name) for name in names}
            new = {stamp for stamp in stamps if stamp >= at}
            if new:
                assert new == stamps, (event, sorted(names))
                break


def check_silence(events: Sequence[Mapping[str, Any]], spans: Sequence[tuple[int, int]]) -> None:
    """Spans (since, until) in which a part was away without which nothing may be quoted: no order
    reached the exchange in any of them."""
    for since, until in spans:
        late = [e for e in events if e["type"] == "ACCEPTED" and since < e["event_time"] < until]
        assert not late, (since, until, late[:3])


def check_withdrawn(events: Sequence[Mapping[str, Any]], moments: Sequence[int]) -> None:
    """Moments at which nothing may be live, of any symbol."""
    for moment in moments:
        for symbol in SYMBOLS:
            left: set[str] = set()
            for event, names in live([event for event in events if event["symbol"] == symbol]):
                if event["event_time"] > moment:
                    break
                left = set(names)
            assert not left, (symbol, moment, sorted(left))


async def fills_in(url: str) -> list[tuple[Any, ...]]:
    """Stored fills, as the exchange lists them."""
    query = "SELECT symbol, account_id, trade_id, client_order_id, price, size, fee FROM mm_fills"
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(query)
    finally:
        await connection.close()
    return [(*row[:2], int(row[2]), row[3], *map(int, row[4:])) for row in map(tuple, rows)]


def nanos(moment: str) -> int:
    """Of a line's `ts`."""
    whole, _, fraction = moment.removesuffix("Z").partition(".")
    return int(datetime.fromisoformat(whole + "+00:00").timestamp()) * NANOS_PER_SECOND + int(
        fraction.ljust(9, "0")
    )
