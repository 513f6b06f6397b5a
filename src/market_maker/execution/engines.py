"""Running pools as readers see them, in whichever process they are stepped."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from market_maker.engine.snapshot import EngineBrief, EngineSnapshot
from market_maker.execution.order_proof import VenueAnswer
from market_maker.execution.pass_watch import Shortage
from market_maker.execution.spare_time import SpareTime
from market_maker.model.actions import RecordState
from market_maker.model.events import ExposureTold, Levels
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Order
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos, Value


class ProofView(Protocol):
    """OrderProof, to be read."""

    @property
    def unconfirmed(self) -> bool: ...
    @property
    def strays(self) -> int | None: ...
    @property
    def last_look(self) -> Nanos | None: ...
    @property
    def listed(self) -> tuple[Order, ...]: ...
    @property
    def pulled_at(self) -> Nanos | None: ...
    @property
    def empty_lists(self) -> int: ...
    @property
    def answers(self) -> tuple[VenueAnswer, ...]: ...
    @property
    def proved_at(self) -> Nanos | None: ...


class RunningPool(Protocol):
    """One pool that has an engine, to be read: a PoolRunner, or what a worker published of one.
    The words are PoolRunner's."""

    @property
    def instrument(self) -> Instrument: ...
    @property
    def config(self) -> PoolConfig: ...
    @property
    def state(self) -> PoolState: ...
    @property
    def reason(self) -> str: ...
    @property
    def unwinding(self) -> bool: ...
    @property
    def failure(self) -> str | None: ...
    @property
    def moved(self) -> RecordState | None: ...
    @property
    def halt(self) -> RecordState | None: ...
    @property
    def quoted(self) -> bool: ...
    @property
    def turn_ns(self) -> int: ...
    @property
    def mid_x2(self) -> int: ...
    @property
    def unrealised(self) -> Value: ...
    @property
    def sighted(self) -> bool: ...
    @property
    def quotable(self) -> bool: ...
    @property
    def lots(self) -> tuple[int, int, int]: ...
    @property
    def mailbox_depth(self) -> int: ...
    @property
    def proof(self) -> ProofView: ...
    @property
    def unconfirmed(self) -> bool: ...
    @property
    def strays(self) -> int | None: ...
    @property
    def last_look(self) -> Nanos | None: ...
    @property
    def is_unproved(self) -> bool: ...

    def unproved_for(self, now: Nanos) -> int:
        """Nanoseconds since its orders were pulled, 0 when it is proved that none is left."""

    def snapshot(self) -> EngineSnapshot:
        """The engine, frozen."""

    def brief(self) -> EngineBrief:
        """The part of it that a list shows."""

    def depth(self, count: int) -> tuple[Levels, Levels]:
        """The best `count` levels of bids and asks, as far as they are known here."""

    def open_orders(self) -> tuple[Order, ...]:
        """What may be open."""

    def order_counts(self) -> tuple[int, int]:
        """How many that are, and of how many the fate is unknown."""

    def cause(self) -> str | None:
        """What would halt the pool at once if it were ACTIVE."""


class Engines(Protocol):
    """The engines of this service: an EngineHost in this process, or the mirror of those of its
    workers. Commands go by operations.PoolControls."""

    @property
    def shadow(self) -> bool:
        """Nothing is sent to any venue."""

    @property
    def lag_ns(self) -> int:
        """How late the slowest loop came the last time."""

    @property
    def shortages(self) -> Mapping[str, Shortage]:
        """Of processor time, by the process that steps engines; one that has enough is not
        there."""

    @property
    def spare(self) -> SpareTime:
        """What readers are served in: engines of this process do not wait meanwhile."""

    def get(self, symbol: str) -> RunningPool | None:
        """None while NOT_RUNNING."""

    def runners(self) -> Sequence[RunningPool]:
        """All of them, by symbol."""

    def configure(self, config: PoolConfig) -> None:
        """A new configuration, with its members, for the engine's next cycle, if there is one."""

    def tell(self, symbol: str, event: ExposureTold) -> None:
        """What the other pools leave this one, for its engine's next turn, if there is one."""
