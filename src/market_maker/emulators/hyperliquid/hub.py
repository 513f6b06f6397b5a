"""Frames to sockets: states at their cadence, events as they happen, some of them spoilt."""

from collections.abc import Iterable
from typing import Any

import msgspec

from market_maker.emulators.hyperliquid.connections import ClientSocket, Due, Peers
from market_maker.emulators.hyperliquid.faults import FaultDice, VenueFaults
from market_maker.emulators.hyperliquid.info import Info
from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.emulators.hyperliquid.subscriptions import (
    FAST_BOOK,
    Cadence,
    StreamSubscription,
    cadence,
    snapshot,
    state,
)
from market_maker.emulators.hyperliquid.world import (
    FillTold,
    FundingTold,
    LedgerTold,
    OrderTold,
    TradeTold,
    UserEvent,
    VenueTold,
)

FREEZABLE = frozenset({"bbo", "l2Book"})
SECOND_MS = 1_000
LATE_MAX = 10_000
"""Late fills that are kept; more are on time."""


class Hub:
    """All sockets of the venue. fast_book_ms: how often fast books are sent; 0: as they change."""

    def __init__(
        self, info: Info, limits: VenueLimits, dice: FaultDice, fast_book_ms: int = FAST_BOOK.every
    ) -> None:
        self._fast_book = Cadence(fast_book_ms, changed=not fast_book_ms)
        self._info, self._limits, self._dice = info, limits, dice
        self.faults = VenueFaults()
        self.peers = Peers(limits)
        self.connections: list[ClientSocket] = []
        self._late: list[tuple[int, FillTold]] = []
        self._second = 0
        self._frozen_until: dict[str, int] = {}

    def open(self, peer: str, now: int) -> ClientSocket | None:
        """A new socket, None where the peer may not have one more."""
        if self._dice.falls(self.faults, "refuse_upgrade") or not self.peers.open(peer, now):
            return None
        connection = ClientSocket(peer, now)
        self.connections.append(connection)
        return connection

    def close(self, connection: ClientSocket) -> None:
        """A socket is gone."""
        self.connections.remove(connection)
        self.peers.close(connection)

    def freeze(self, coin: str, until: int) -> None:
        """The books of a coin stand still until a moment, ms."""
        self._frozen_until[coin] = until

    def subscribe(self, connection: ClientSocket, asked: StreamSubscription, now: int) -> None:
        """Begin with what it begins with."""
        if asked.type == "l2Book":
            self._info.world.watched(asked.coin or "")
        first = snapshot(asked, self._info)
        if first is not None:
            connection.send(first, now)
        connection.subscriptions[asked] = Due(now)

    def flush(self, now: int) -> None:
        """Everything that is to be sent by now."""
        events = self._spoilt(self._info.world.news, now)
        self._info.world.news = []
        built: dict[StreamSubscription, bytes | None] = {}
        frames = _frames(events)
        for connection in self.connections:
            if frames:
                wants = {(one.type, one.coin or one.user) for one in connection.subscriptions}
                for wanted, frame in frames:
                    if wanted in wants:
                        connection.send(frame, now)
            for asked, due in connection.subscriptions.items():
                self._state(connection, (asked, due), now, built)
        self._age(now)

    def _state(
        self,
        connection: ClientSocket,
        entry: tuple[StreamSubscription, Due],
        now: int,
        built: dict[StreamSubscription, bytes | None],
    ) -> None:
        asked, due = entry
        rhythm = cadence(asked, self._fast_book)
        if rhythm is None or now < due.at or self._is_frozen(asked, now):
            return
        if asked not in built:
            found = state(asked, self._info)
            built[asked] = None if found is None else msgspec.json.encode(found)
        due.at = now + rhythm.every
        frame = built[asked]
        if frame is None:
            return
        compared = _without_time(frame)
        if not rhythm.changed or compared != due.last:
            due.last = compared
            connection.send(frame, now)

    def _is_frozen(self, asked: StreamSubscription, now: int) -> bool:
        if asked.type not in FREEZABLE or asked.coin is None:
            return False
        return asked.coin in self.faults.frozen or self._frozen_until.get(asked.coin, 0) > now

    def _age(self, now: int) -> None:
        """Sockets on which nothing was sent for long are closed; some are cut for no reason."""
        fresh = now // SECOND_MS > self._second
        self._second = now // SECOND_MS
        for connection in self.connections:
            if now - connection.spoke_at > self._limits.idle_s * SECOND_MS:
                connection.closing = connection.closing or "idle"
            if fresh and self._dice.falls(self.faults, "reset"):
                connection.closing = "reset"

    def _spoilt(self, news: Iterable[VenueTold], now: int) -> list[VenueTold]:
        """Events with those that were late, and without those that will be."""
        found: list[VenueTold] = []
        for item in news:
            if isinstance(item, OrderTold) and self._dice.falls(self.faults, "lose_update"):
                continue
            if not isinstance(item, FillTold) or len(self._late) >= LATE_MAX:
                found.append(item)
                continue
            if self._dice.falls(self.faults, "duplicate_fill"):
                self._late.append((now + self._dice.late(self.faults), item))
            if self._dice.falls(self.faults, "late_fill"):
                self._late.append((now + self._dice.late(self.faults), item))
            elif not self._dice.falls(self.faults, "lose_fill"):
                found.append(item)
        found += [item for due, item in self._late if due <= now]
        self._late = [entry for entry in self._late if entry[0] > now]
        return found


def _frames(events: Iterable[VenueTold]) -> list[tuple[tuple[str, str | None], bytes]]:
    """Frames by (type, coin or user), in the order in which their first event happened."""
    grouped: dict[tuple[str, str | None], list[Any]] = {}
    for event in events:
        for key, item in _told(event):
            grouped.setdefault(key, []).append(item)
    return [
        (key, msgspec.json.encode(frame))
        for key, items in grouped.items()
        for frame in _framed(key, items)
    ]


def _told(event: VenueTold) -> list[tuple[tuple[str, str | None], Any]]:
    match event:
        case TradeTold():
            return [(("trades", event.coin), event.trade)]
        case OrderTold():
            return [(("orderUpdates", event.address), event.update)]
        case FillTold():
            user = event.address
            return [(("userFills", user), event.fill), (("userEvents", user), event.fill)]
        case UserEvent():
            return [(("userEvents", event.address), event.event)]
        case FundingTold():
            return [(("userFundings", event.address), event.entry)]
        case LedgerTold():
            return [(("userNonFundingLedgerUpdates", event.address), event.entry)]


def _framed(key: tuple[str, str | None], items: list[Any]) -> list[dict[str, Any]]:
    kind, user = key
    if kind in {"trades", "orderUpdates"}:
        return [{"channel": kind, "data": items}]
    if kind == "userFills":
        return [{"channel": kind, "data": {"user": user, "fills": items}}]
    if kind == "userEvents":
        fills = [item for item in items if "tid" in item]
        others = [{"channel": "user", "data": item} for item in items if "tid" not in item]
        return ([{"channel": "user", "data": {"fills": fills}}] if fills else []) + others
    name = "fundings" if kind == "userFundings" else "nonFundingLedgerUpdates"
    return [{"channel": kind, "data": {"user": user, name: items}}]


def _without_time(frame: bytes) -> bytes:
    """What a frame says, whenever it was made: `time` is the only thing that always differs."""
    before, mark, rest = frame.partition(b'"time":')
    return before + rest.lstrip(b"0123456789") if mark else frame
