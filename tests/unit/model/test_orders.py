"""Orders, counted."""

from market_maker.model.orders import OrderState, counted


def test_orders_are_counted_and_those_whose_fate_is_unknown_apart() -> None:
    states = [OrderState.LIVE, OrderState.UNKNOWN, OrderState.PENDING_NEW, OrderState.UNKNOWN]
    assert counted(states) == (4, 2)
    assert counted([]) == (0, 0)
