"""What a worker publishes of a pool: everything that readers in another process see of it.

An edge gets up to ten pictures a second of a pool and is asked for a few. So what is large is in
there as JSON, which is read when it is asked for; a configuration that was read is remembered.
"""

from functools import cached_property, lru_cache
from typing import TypeAlias

import msgspec
from msgspec import Raw, Struct, structs

from market_maker.engine.snapshot import EngineBrief, EngineSnapshot
from market_maker.execution.engines import RunningPool
from market_maker.execution.order_proof import VenueAnswer
from market_maker.model.actions import RecordState
from market_maker.model.events import Levels
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Order, counted
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos, Value

LEVELS_PUBLISHED = 100
"""Of each side of a book: as many as are ever shown."""

REMEMBERED = 2_048
"""Instruments and configurations that were read, of as many pools as an edge may have."""

_SNAPSHOT = msgspec.json.Decoder(EngineSnapshot)
_BOOK: msgspec.json.Decoder[tuple[Levels, Levels]] = msgspec.json.Decoder(tuple[Levels, Levels])


@lru_cache(REMEMBERED)
def _instrument(content: bytes) -> Instrument:
    return msgspec.json.decode(content, type=Instrument)


@lru_cache(REMEMBERED)
def _config(content: bytes) -> PoolConfig:
    return msgspec.json.decode(content, type=PoolConfig)


class PublishedProof(Struct, frozen=True):
    """An OrderProof at one moment."""

    unconfirmed: bool
    strays: int | None
    last_look: Nanos | None
    listed: tuple[Order, ...]
    pulled_at: Nanos | None
    empty_lists: int
    answers: tuple[VenueAnswer, ...]
    proved_at: Nanos | None


class PublishedPool(Struct, frozen=True, dict=True):
    """A PoolRunner at one moment, with its attributes (execution.engines.RunningPool). working,
    threat: what its methods return. listing, terms, engine, book: JSON of its instrument and
    configuration, and of what its methods return."""

    listing: Raw
    terms: Raw
    state: PoolState
    reason: str
    unwinding: bool
    failure: str | None
    moved: RecordState | None
    halt: RecordState | None
    turn_ns: int
    mid_x2: int
    unrealised: Value
    sighted: bool
    quotable: bool
    lots: tuple[int, int, int]
    mailbox_depth: int
    proof: PublishedProof
    engine: Raw
    book: Raw
    working: tuple[Order, ...]
    threat: str | None

    @property
    def instrument(self) -> Instrument:
        """As PoolRunner."""
        return _instrument(bytes(self.listing))

    @property
    def config(self) -> PoolConfig:
        """As PoolRunner."""
        return _config(bytes(self.terms))

    @property
    def unconfirmed(self) -> bool:
        """As PoolRunner."""
        return self.proof.unconfirmed

    @property
    def strays(self) -> int | None:
        """As PoolRunner."""
        return self.proof.strays

    @property
    def last_look(self) -> Nanos | None:
        """As PoolRunner."""
        return self.proof.last_look

    @property
    def is_unproved(self) -> bool:
        """As PoolRunner."""
        return self.unconfirmed and self.state is not PoolState.ACTIVE

    def unproved_for(self, now: Nanos) -> int:
        """As PoolRunner."""
        pulled_at = self.proof.pulled_at
        return 0 if pulled_at is None or not self.is_unproved else now - pulled_at

    def snapshot(self) -> EngineSnapshot:
        """As PoolRunner."""
        return self._snapshot

    @cached_property
    def _snapshot(self) -> EngineSnapshot:
        """Read once, however many ask: the series, the limits, the alerts, REST."""
        return _SNAPSHOT.decode(self.engine)

    def brief(self) -> EngineBrief:
        """As PoolRunner."""
        return self.snapshot().brief()

    def depth(self, count: int) -> tuple[Levels, Levels]:
        """As PoolRunner."""
        bids, asks = _BOOK.decode(self.book)
        return bids[:count], asks[:count]

    def open_orders(self) -> tuple[Order, ...]:
        """As PoolRunner."""
        return self.working

    def order_counts(self) -> tuple[int, int]:
        """As PoolRunner."""
        return counted(order.state for order in self.working)

    def cause(self) -> str | None:
        """As PoolRunner."""
        return self.threat


_MADE = ("listing", "terms", "proof", "engine", "book", "working", "threat")
_ATTRIBUTES = tuple(name for name in PublishedPool.__struct_fields__ if name not in _MADE)


def published(pool: RunningPool) -> PublishedPool:
    """The pool as it is now."""
    proof = {name: getattr(pool.proof, name) for name in PublishedProof.__struct_fields__}
    return PublishedPool(
        **{name: getattr(pool, name) for name in _ATTRIBUTES},
        listing=_json(pool.instrument),
        terms=_json(pool.config),
        proof=PublishedProof(**proof),
        engine=_json(pool.snapshot()),
        book=_json(pool.depth(LEVELS_PUBLISHED)),
        working=pool.open_orders(),
        threat=None if pool.failure else pool.cause(),
    )


PoolFingerprint: TypeAlias = tuple[object, ...]
"""What was done in a pool, to be compared and not read."""


def fingerprint_of(pool: RunningPool) -> PoolFingerprint:
    """Differs where its orders, its position, its state or its configuration changed, and what the
    venue proved; not where only its market moved."""
    proof = pool.proof
    done = (pool.moved, pool.failure, pool.unwinding, pool.quotable, pool.lots)
    return (*done, pool.config, proof.unconfirmed, proof.last_look)


def _json(what: object) -> Raw:
    return Raw(msgspec.json.encode(what))


def orphaned(pool: PublishedPool, now: Nanos, by: str, reason: str) -> PublishedPool:
    """A pool whose worker is gone: one that was ACTIVE is PAUSED now, and of none is it proved
    that nothing is open."""
    was_active = pool.state is PoolState.ACTIVE
    moved = RecordState(now, PoolState.PAUSED, by, reason) if was_active else pool.moved
    return structs.replace(
        pool,
        state=PoolState.PAUSED if was_active else pool.state,
        reason=reason if was_active else pool.reason,
        moved=moved,
        unwinding=False,
        sighted=False,
        quotable=False,
        proof=structs.replace(
            pool.proof,
            unconfirmed=True,
            strays=None,
            empty_lists=0,
            proved_at=None,
            pulled_at=now if was_active else pool.proof.pulled_at,
        ),
    )
