"""One engine, and the ports in and out of it."""

from collections.abc import Sequence

from msgspec import Struct

from market_maker.engine.book import BookState
from market_maker.engine.engine import Engine
from market_maker.model.actions import Action, Cancel, Place, Turn
from market_maker.model.events import Event, Levels
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos, OrderId
from market_maker.ports import Journal, MarketData, Orders

SNAPSHOT_RETRY = Nanos(NANOS_PER_SECOND)
"""How long a requested snapshot may take before it is requested again."""

NEEDS_SNAPSHOT = (BookState.EMPTY, BookState.GAPPED, BookState.CROSSED)
"""Books that nothing but a snapshot is sure to mend."""


class VenuePorts(Struct, frozen=True):
    """Everything around one engine."""

    market_data: MarketData
    orders: Orders
    journal: Journal


TIMER_MAX = Nanos(100 * NANOS_PER_MS)
"""An engine is woken at least this often, however long its quote interval."""


class Actor:
    """Takes what has arrived, makes one turn of it, journals it, and carries out the actions.

    A stop does not wait for turns: `cancel_ahead` hands over the cancels that the stop's turn will
    ask for, and that turn, which takes the command and nothing that arrived, asks for no others.
    They are handed over once, then or there.

    Only the actor touches its engine. A turn happens when something arrived, and also when
    nothing did for the engine's own quote interval, at most `longest`, because silence is what
    staleness is made of: at `timer_at`. taken: the events of the last turn, also when it
    failed. found: how many the last step found waiting at the venue's end.
    """

    def __init__(self, engine: Engine, ports: VenuePorts, longest: Nanos = TIMER_MAX) -> None:
        self._engine, self._ports, self._longest = engine, ports, longest
        self._told: list[Event] = []
        self._ahead: set[OrderId] = set()
        self.taken: tuple[Event, ...] = ()
        self.found = 0
        self.timer_at = Nanos(0)
        self._snapshot_asked: Nanos | None = None

    @property
    def waiting(self) -> int:
        """Events that the last step found, and those that arrived since."""
        return self.found + len(self._told)

    def tell(self, *events: Event) -> None:
        """Commands and configurations, for the next turn."""
        self._told += events

    def depth(self, count: int) -> tuple[Levels, Levels]:
        """The best `count` bids and asks of the book as the engine knows it, best first."""
        return self._engine.market.book.depth(count)

    def is_due(self, now: Nanos) -> bool:
        """Whether there is reason for a step."""
        if self._told or now >= self.timer_at:
            return True
        return self._ports.market_data.due(now) <= now

    def step(self, now: Nanos) -> tuple[Action, ...]:
        """Take in what has arrived by `now`; make a turn if there is reason for one."""
        arrived = self._ports.market_data.poll(now)
        self.found = len(arrived)
        if not arrived and not self._told and now < self.timer_at:
            return ()
        told, self._told = self._told, []
        return self._turn(now, (*told, *arrived))

    def cancel_ahead(self, now: Nanos) -> None:
        """Everything that may be open; `stop` follows."""
        cancellable = self._engine.orders.cancellable(now)
        order_ids = [order_id for order_id in cancellable if order_id not in self._ahead]
        if order_ids:
            self._ports.orders.cancel(now, *order_ids)
            self._ahead.update(order_ids)

    def stop(self, now: Nanos) -> tuple[Action, ...]:
        """A turn of commands alone: what arrived meanwhile would only hold it up, and the
        answers of a venue in this process would come before it has asked."""
        told, self._told = self._told, []
        return self._turn(now, tuple(told))

    def left(self) -> tuple[Event, ...]:
        """What a turn that failed had taken, and what arrived since."""
        told, self._told = self._told, []
        return (*self.taken, *told)

    def _turn(self, now: Nanos, events: tuple[Event, ...]) -> tuple[Action, ...]:
        self.taken = events
        actions: tuple[Action, ...] = ()
        try:
            actions = tuple(self._engine.turn(now, events))
        finally:
            interval = self._engine.terms.interval_ns
            self.timer_at = Nanos(now + min(interval, self._longest))
            # A turn that fails is kept too: replaying the journal fails at the same place.
            self._ports.journal.append(Turn(now, events, actions))
        self._carry_out(now, actions)
        self._heal(now)
        return actions

    def _carry_out(self, now: Nanos, actions: Sequence[Action]) -> None:
        """Cancels first, together, those that went out ahead left out."""
        ahead, self._ahead = self._ahead, set()
        cancels = [action.order_id for action in actions if isinstance(action, Cancel)]
        order_ids = [order_id for order_id in cancels if order_id not in ahead]
        if order_ids:
            self._ports.orders.cancel(now, *order_ids)
        for action in actions:
            if isinstance(action, Place):
                self._ports.orders.place(now, action)

    def _heal(self, now: Nanos) -> None:
        state, asked = self._engine.market.book.state, self._snapshot_asked
        if state is BookState.OK or state not in NEEDS_SNAPSHOT:
            self._snapshot_asked = None
        elif asked is None or now - asked >= SNAPSHOT_RETRY:
            self._snapshot_asked = now
            self._ports.market_data.request_snapshot(now)
