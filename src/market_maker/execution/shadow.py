"""The order gateway of shadow mode: it has no order client, so that nothing is sent."""

from msgspec import structs

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.model.actions import Place
from market_maker.model.events import Accepted, Canceled, Event
from market_maker.model.orders import Order
from market_maker.model.quotes import Reason, SideStatus
from market_maker.model.units import Lots, Nanos, OrderId
from market_maker.ports import EVER, MarketData


class ShadowGateway:
    """MarketData and Orders: the market is real, and every order is answered as if it rested and
    never filled, so that the engine goes on quoting."""

    def __init__(self, market_data: MarketData) -> None:
        self._market_data = market_data
        self._answers: list[Event] = []

    def poll(self, now: Nanos) -> list[Event]:
        answers, self._answers = self._answers, []
        return [*self._market_data.poll(now), *answers]

    def due(self, now: Nanos) -> Nanos:
        return now if self._answers else self._market_data.due(now)

    def request_snapshot(self, now: Nanos) -> None:
        self._market_data.request_snapshot(now)

    def place(self, now: Nanos, order: Place) -> None:
        self._answers.append(Accepted(now, now, order.order_id, order.client_order_id))

    def cancel(self, now: Nanos, *order_ids: OrderId) -> None:
        self._answers += [Canceled(now, now, order_id) for order_id in order_ids]

    def open_orders(self, now: Nanos, after: Nanos = EVER) -> tuple[Order, ...]:  # noqa: ARG002  nothing can be open
        return ()


def simulated(snapshot: EngineSnapshot) -> EngineSnapshot:
    """A picture of an engine that sends nothing: no order is open or live, none was placed or
    cancelled; what would be quoted stands under `simulated`."""
    return structs.replace(
        snapshot,
        bid=_unsent(snapshot.bid),
        ask=_unsent(snapshot.ask),
        members=tuple(
            structs.replace(member, open_orders=0, unknown_orders=0) for member in snapshot.members
        ),
        orders=(),
        simulated=snapshot.orders,
        counters=structs.replace(snapshot.counters, placed=0, cancels=0),
    )


def _unsent(side: SideStatus) -> SideStatus:
    reason = Reason.SIMULATED if side.quoting else side.reason
    return SideStatus(quoting=False, reason=reason, price=None, size=Lots(0), live_orders=0)
