"""The last line of defence: a broken engine stays down, and its orders go."""

import traceback
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.execution.actor import Actor
from market_maker.model.actions import Action
from market_maker.model.errors import VenueError
from market_maker.model.events import Event, Filled, FillFound, FundingPaid
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import MarketData, Orders

SWEEP_INTERVAL = Nanos(NANOS_PER_SECOND // 4)
"""How often a dead engine's orders are cancelled again until the venue says that none is left."""


Unheard: TypeAlias = Filled | FillFound | FundingPaid


async def guarded(work: Awaitable[None], broke: Callable[[str, str], None]) -> None:
    """Let a part of the process run. A bug in it is told (what, and where), and does not tear down
    the others, which are needed for an orderly end."""
    try:
        await work
    except Exception as error:  # noqa: BLE001  orders must be cancelled whatever broke
        broke(_one_line(error), traceback.format_exc())


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]


class Supervisor:
    """Runs an actor until it breaks. From then on it cancels what the venue says is open, until
    the venue says that nothing is; nothing brings the engine back but a new start.

    A venue's adapter that breaks in turn is tried again.

    failure: why it is down, in one line; None while it runs. trace: for the log.
    """

    def __init__(self, actor: Actor, market_data: MarketData, orders: Orders) -> None:
        self._actor, self._market_data, self._orders = actor, market_data, orders
        self._swept: Nanos | None = None
        self._unheard: list[Unheard] = []
        self._seen = actor.snapshot()
        self.failure: str | None = None
        self.trace = ""

    def step(self, now: Nanos) -> tuple[Action, ...]:
        """Let the actor take a step, or sweep."""
        if self.failure is None:
            try:
                return self._actor.step(now)
            except Exception as error:  # noqa: BLE001  a bug must not leave orders behind
                self.failure = _one_line(error)
                self.trace = traceback.format_exc()
                self._keep((*self._actor.taken, *self._actor.mailbox.drain()))
                self._look_once_more()
        try:
            self._sweep(now)
        except Exception:  # noqa: BLE001  the adapter broke: that must not reach other engines
            self.trace = traceback.format_exc()
        return ()

    def snapshot(self) -> EngineSnapshot:
        """The engine, frozen; a broken one as it broke, or if that cannot be told any more, as it
        was when somebody last looked."""
        if self.failure is None:
            self._seen = self._actor.snapshot()
        return self._seen

    def _look_once_more(self) -> None:
        try:
            self._seen = self._actor.snapshot()
        except Exception:  # noqa: BLE001  there is too little left of it
            self.trace += traceback.format_exc()

    def unheard(self) -> tuple[Unheard, ...]:
        """Fills and funding that came since the turn in which the engine broke, that one included:
        it may not have told of them. Each is given once."""
        unheard, self._unheard = tuple(self._unheard), []
        return unheard

    def _keep(self, events: Iterable[Event]) -> None:
        self._unheard += [event for event in events if isinstance(event, Unheard)]

    def _sweep(self, now: Nanos) -> None:
        # The venue's answers are still taken in, so that its requests do not pile up.
        self._keep(self._market_data.poll(now))
        if self._swept is not None and now - self._swept < SWEEP_INTERVAL:
            return
        self._swept = now
        try:
            orders = self._orders.open_orders(now)
        except VenueError:
            return
        for order in orders:
            self._orders.cancel(now, order.order_id)
