"""Sockets: what each has subscribed to, what waits to be sent on it, and what its peer may do."""

from collections import Counter, deque
from typing import Any

import msgspec
from msgspec import Struct

from market_maker.emulators.hyperliquid.limits import VenueLimits, Windows
from market_maker.emulators.hyperliquid.subscriptions import StreamSubscription

BACKLOG_MAX = 5_000
"""Frames that wait for one socket; one that is slower is cut."""

BACKLOG_BYTES_MAX = 32 << 20


class Due(Struct):
    """When a state is sent next, ms, and what was sent last."""

    at: int
    last: bytes = b""


class ClientSocket:
    """One socket. opened_at, spoke_at: ms; the venue closes one on which it sent nothing for long.
    closing: why it is to be closed, when it is."""

    def __init__(self, peer: str, now: int) -> None:
        self.peer, self.spoke_at = peer, now
        self.subscriptions: dict[StreamSubscription, Due] = {}
        self.closing = ""
        self._frames: deque[bytes] = deque()
        self._bytes = 0

    def send(self, frame: dict[str, Any] | bytes, now: int) -> None:
        """Let a frame go out; who is too slow for that is cut off."""
        if self.closing:
            return
        encoded = frame if isinstance(frame, bytes) else msgspec.json.encode(frame)
        if len(self._frames) >= BACKLOG_MAX or self._bytes + len(encoded) > BACKLOG_BYTES_MAX:
            self.closing = "too slow"
            self._frames.clear()
            return
        self._frames.append(encoded)
        self._bytes += len(encoded)
        self.spoke_at = now

    def drain(self) -> list[bytes]:
        """What is to be sent now, in order."""
        frames, self._frames, self._bytes = list(self._frames), deque(), 0
        return frames


class Peers:
    """What the sockets of one IP may do together."""

    def __init__(self, limits: VenueLimits) -> None:
        self._limits = limits
        self.messages = Windows(limits.messages_a_minute)
        self._opened = Windows(limits.connections_a_minute)
        self._open: Counter[str] = Counter()
        self._subscribed: Counter[str] = Counter()
        self._users: dict[str, Counter[str]] = {}

    def open(self, peer: str, now: int) -> bool:
        """Whether one more socket may be opened, which it then is."""
        if self._open[peer] >= self._limits.connections or not self._opened.spend(peer, now, 1):
            return False
        self._open[peer] += 1
        return True

    def close(self, connection: ClientSocket) -> None:
        """A socket is gone with all it had subscribed to."""
        for subscription in list(connection.subscriptions):
            self.leave(connection, subscription)
        self._open[connection.peer] -= 1
        if self._open[connection.peer] <= 0:
            del self._open[connection.peer]

    def join(self, connection: ClientSocket, asked: StreamSubscription) -> str | None:
        """Why a socket may not subscribe to more, in the venue's words; None when it may."""
        peer = connection.peer
        if self._subscribed[peer] >= self._limits.subscriptions:
            return f"Cannot subscribe to more than {self._limits.subscriptions} channels."
        users = self._users.setdefault(peer, Counter())
        fresh = asked.user is not None and asked.user not in users
        if fresh and len(users) >= self._limits.users:
            return f"Cannot track more than {self._limits.users} total users."
        self._subscribed[peer] += 1
        if asked.user is not None:
            users[asked.user] += 1
        return None

    def leave(self, connection: ClientSocket, asked: StreamSubscription) -> None:
        """A subscription is over."""
        del connection.subscriptions[asked]
        peer = connection.peer
        self._subscribed[peer] -= 1
        if self._subscribed[peer] <= 0:
            del self._subscribed[peer]
        users = self._users.get(peer, Counter())
        if asked.user is not None:
            users[asked.user] -= 1
            if users[asked.user] <= 0:
                del users[asked.user]
        if not users:
            self._users.pop(peer, None)
