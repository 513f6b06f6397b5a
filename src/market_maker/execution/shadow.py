"""The road of shadow mode: nothing leaves the house. There is no order client behind it at all."""

from market_maker.model.actions import Place
from market_maker.model.events import Accepted, Canceled, Event
from market_maker.model.orders import Order
from market_maker.model.units import Nanos, OrderId
from market_maker.ports import MarketData


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
        self._answers.append(Accepted(now, now, order.order_id))

    def cancel(self, now: Nanos, order_id: OrderId) -> None:
        self._answers.append(Canceled(now, now, order_id))

    def open_orders(self, now: Nanos) -> tuple[Order, ...]:  # noqa: ARG002  nothing can be open
        return ()
