"""One pool at work: its actor under supervision, what the run amounts to, and its proved end."""

from collections.abc import Iterable

from market_maker.engine.engine import Engine
from market_maker.engine.snapshot import EngineSnapshot
from market_maker.execution.actor import Actor, VenuePorts
from market_maker.execution.supervisor import Supervisor
from market_maker.model.actions import Action
from market_maker.model.errors import VenueError
from market_maker.model.events import Event, Levels, Operated
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Order
from market_maker.model.units import Nanos
from market_maker.service.tally import Tally


class Session:
    """Steps one pool. latest: the engine after its last good turn; tally: the run so far."""

    def __init__(self, engine: Engine, ports: VenuePorts, interval: Nanos) -> None:
        self._ports = ports
        ports.journal.begin(engine)
        self._actor = Actor(engine, ports, interval)
        self._supervisor = Supervisor(self._actor, ports.market_data, ports.orders)
        self.latest: EngineSnapshot = self._actor.snapshot()
        self.tally = Tally()

    @property
    def failure(self) -> str | None:
        """Why the engine is down; None while it runs."""
        return self._supervisor.failure

    @property
    def trace(self) -> str:
        """Where it broke, for the log."""
        return self._supervisor.trace

    def step(self, now: Nanos) -> tuple[Action, ...]:
        """Let everything happen that is due at `now`."""
        actions = self._supervisor.step(now)
        if self.failure is None:
            self.latest = self._actor.snapshot()
            self.tally.add(actions, self.latest)
        return actions

    def depth(self, count: int) -> tuple[Levels, Levels]:
        """The best `count` bids and asks as the engine knows them, best first."""
        return self._actor.depth(count)

    def command(self, now: Nanos, command: Command, by: str, reason: str) -> None:
        """An operator's command; part of the next turn."""
        self.tell([Operated(now, command, by, reason)])

    def tell(self, events: Iterable[Event]) -> None:
        """Anything else the engine should know in its next turn."""
        for event in events:
            self._actor.mailbox.put(event)

    def left_open(self, now: Nanos) -> tuple[Order, ...] | None:
        """What the venue says is open for us; None when it does not answer."""
        try:
            return self._ports.orders.open_orders(now)
        except VenueError:
            return None

    def proved_gone(self, now: Nanos) -> bool:
        """Whether no order of ours is left: we know of none, and the venue says so too."""
        ours = self.failure is None and len(self.latest.orders) > 0
        return not ours and self.left_open(now) == ()
