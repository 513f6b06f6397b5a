"""Idempotency keys: a creating request that is sent again gets the answer of the first time."""

from msgspec import Struct

from market_maker.model.caller import Caller
from market_maker.model.errors import ConflictError, InvalidFieldError
from market_maker.model.records import KeyRecord
from market_maker.model.units import NANOS_PER_HOUR, Nanos
from market_maker.ports import Clock, Store

KEPT = Nanos(24 * NANOS_PER_HOUR)
"""How long an answer is remembered."""
PURGE_INTERVAL = NANOS_PER_HOUR


class Remembered(Struct, frozen=True):
    """An answer as it was given. status: HTTP."""

    status: int
    content: bytes


class Repetitions:
    """Keys are a caller's own. The effect of a request and its answer are two transactions: a
    process that dies between them leaves the key taken and the outcome unknown, and says so."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._purged = Nanos(0)

    async def begin(self, caller: Caller, key: str, fingerprint: str) -> Remembered | None:
        """None: the key is the caller's now; do the work, then call `finish` or `abandon`. Else
        the answer of the first time. Raises InvalidFieldError for a key that another request has,
        ConflictError while the first one is under way or how it ended is not known."""
        now = self._clock.now()
        record = KeyRecord(
            subject=caller.subject,
            key=key,
            fingerprint=fingerprint,
            status=0,
            answer=b"",
            created_at=now,
        )
        async with self._store.transaction() as unit:
            if now - self._purged >= PURGE_INTERVAL:
                await unit.keys.purge(Nanos(now - KEPT))
                self._purged = now
            held = await unit.keys.take(record)
        return None if held is None else _remembered(held, fingerprint)

    async def finish(self, caller: Caller, key: str, answer: Remembered) -> None:
        """Keep the answer."""
        async with self._store.transaction() as unit:
            await unit.keys.answer(caller.subject, key, answer.status, answer.content)

    async def abandon(self, caller: Caller, key: str) -> None:
        """The work was refused and changed nothing: the key is free again."""
        async with self._store.transaction() as unit:
            await unit.keys.release(caller.subject, key)


def _remembered(held: KeyRecord, fingerprint: str) -> Remembered:
    if held.fingerprint != fingerprint:
        raise InvalidFieldError("Idempotency-Key", held.key, "a new key for another request")
    if held.status == 0:
        problem = (
            "a request with this key has begun and not ended; check its outcome before you send it"
            " again"
        )
        raise ConflictError("Idempotency-Key", held.key, problem)
    return Remembered(held.status, held.answer)
