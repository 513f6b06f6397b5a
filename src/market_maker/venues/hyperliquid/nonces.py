"""Nonces: numbers near the time in milliseconds, never the same twice for one key.

The venue keeps the hundred highest of each signer and takes none between two days ago and a day
ahead of its clock. All that sign with the same key, in this process or in another, share
them: the last one is kept in a small file, under a lock. Source: Hyperliquid docs, "Nonces and API
wallets".
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Protocol

from market_maker.model.errors import MakerError
from market_maker.model.units import NANOS_PER_MS, Nanos

AHEAD_MAX_MS = 12 * 3_600_000
"""How far ahead of the clock the last nonce may be. The venue refuses a day; this is half of it."""

_WIDTH = 20
"""Digits of what is kept, so that each writing covers the last."""


class NonceSource(Protocol):
    """One per key."""

    def next(self, now: Nanos) -> int:
        """A number that was never used before."""


class SharedNonces:
    """For a key that several processes may sign with: the watchdog cancels with the maker's.
    folder: made when missing, the same for all of them. Raises MakerError when the file cannot be
    read, or holds a number that a clock far ahead has left there."""

    def __init__(self, folder: Path, address: str) -> None:
        self._path = folder / f"nonce-{address}"
        self._lock, self._newest = Lock(), 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise MakerError(f"nonces of {address}: {error}") from error

    def next(self, now: Nanos) -> int:
        # The file's lock holds other processes off, and this one's own threads pass through it.
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                self._newest = nonce = _after(max(self._last(), self._newest), now)
                self._keep(nonce)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        return nonce

    def close(self) -> None:
        """No more are needed."""
        os.close(self._file)

    def _keep(self, nonce: int) -> None:
        """A disk that takes nothing must not hold a cancel back: then this process alone knows, and
        another that signs in the same millisecond is refused by the venue, and tries again."""
        with suppress(OSError):
            if os.pwrite(self._file, f"{nonce:0{_WIDTH}d}".encode(), 0) < _WIDTH:
                os.ftruncate(self._file, 0)

    def _last(self) -> int:
        kept = os.pread(self._file, _WIDTH + 1, 0)
        if not kept:
            return 0
        if len(kept) != _WIDTH or not kept.isdigit():
            raise MakerError(f"{self._path}: not a nonce; remove it a day after it was last used")
        return int(kept)


def _after(last: int, now: Nanos) -> int:
    clock = now // NANOS_PER_MS
    if last > clock + AHEAD_MAX_MS:
        hours = (last - clock) // 3_600_000
        raise MakerError(f"the last nonce is {hours} h ahead of the clock: set the clock right")
    return max(clock, last + 1)
