"""What a worker publishes of a pool: everything that readers in another process see of it.

An edge gets up to ten pictures a second of a pool and is asked for a few. So what is large is in
there as JSON, which is read when it is asked for, and what hardly ever changes only when it did.
"""

from functools import cached_property
from typing import TypeAlias

import msgspec
from msgspec import Raw, Struct, structs

from market_maker.engine.snapshot import EngineBrief, EngineSnapshot
from market_maker.execution.engines import ProofView, RunningPool
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

_ENCODER = msgspec.json.Encoder()
_SNAPSHOT = msgspec.json.Decoder(EngineSnapshot)
_BOOK: msgspec.json.Decoder[tuple[Levels, Levels]] = msgspec.json.Decoder(tuple[Levels, Levels])

PoolTerms: TypeAlias = tuple[Instrument, PoolConfig]
"""Of a pool: what its publications have only when it changed."""


class PublishedProof(Struct, frozen=True, array_like=True, gc=False):
    """An OrderProof at one moment."""

    unconfirmed: bool
    strays: int | None
    last_look: Nanos | None
    listed: tuple[Order, ...]
    pulled_at: Nanos | None
    empty_lists: int
    answers: tuple[VenueAnswer, ...]
    proved_at: Nanos | None


class PublishedPool(Struct, frozen=True, dict=True, array_like=True):
    """A PoolRunner at one moment, with its attributes (execution.engines.RunningPool). counts,
    threat: what its methods return. engine, book: JSON of what its methods return. terms: None on
    the wire where they are those of the publication before, and put back where it is taken in."""

    symbol: str
    state: PoolState
    reason: str
    unwinding: bool
    failure: str | None
    moved: RecordState | None
    halt: RecordState | None
    quoted: bool
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
    counts: tuple[int, int]
    threat: str | None
    terms: PoolTerms | None

    @property
    def instrument(self) -> Instrument:
        """As PoolRunner."""
        return self._terms[0]

    @property
    def config(self) -> PoolConfig:
        """As PoolRunner."""
        return self._terms[1]

    @property
    def _terms(self) -> PoolTerms:
        assert self.terms is not None, f"{self.symbol} as it is on the wire"
        return self.terms

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
        return self.snapshot().orders if self.failure is None else self.proof.listed

    def order_counts(self) -> tuple[int, int]:
        """As PoolRunner."""
        return self.counts

    def cause(self) -> str | None:
        """As PoolRunner."""
        return self.threat


def terms_of(pool: RunningPool) -> PoolTerms:
    """As they are now."""
    return pool.instrument, pool.config


def published(pool: RunningPool, known: PoolTerms | None = None) -> PublishedPool:
    """The pool as it is now. known: the terms that the reader has of it."""
    terms, proof, seen, failure = terms_of(pool), pool.proof, pool.snapshot(), pool.failure
    is_known = known is not None and terms[0] is known[0] and terms[1] is known[1]
    open_orders = seen.orders if failure is None else pool.open_orders()
    return PublishedPool(
        seen.symbol,
        pool.state,
        pool.reason,
        pool.unwinding,
        failure,
        pool.moved,
        pool.halt,
        pool.quoted,
        pool.turn_ns,
        pool.mid_x2,
        pool.unrealised,
        pool.sighted,
        pool.quotable,
        pool.lots,
        pool.mailbox_depth,
        _proof(proof),
        Raw(_ENCODER.encode(seen)),
        Raw(_ENCODER.encode(pool.depth(LEVELS_PUBLISHED))),
        counted([order.state for order in open_orders]),
        None if failure else pool.cause(),
        None if is_known else terms,
    )


def _proof(proof: ProofView) -> PublishedProof:
    return PublishedProof(
        proof.unconfirmed,
        proof.strays,
        proof.last_look,
        proof.listed,
        proof.pulled_at,
        proof.empty_lists,
        proof.answers,
        proof.proved_at,
    )


PoolFingerprint: TypeAlias = tuple[object, ...]
"""What was done in a pool, to be compared and not read."""


def fingerprint_of(pool: RunningPool) -> PoolFingerprint:
    """Differs where its orders, its position, its state or its configuration changed, and what the
    venue proved; not where only its market moved."""
    proof = pool.proof
    done = (pool.moved, pool.failure, pool.unwinding, pool.quotable, pool.lots)
    return (*done, pool.config, proof.unconfirmed, proof.last_look)


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
