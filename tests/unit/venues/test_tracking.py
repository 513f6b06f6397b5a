"""A request that is not answered in time has an unknown fate, whichever request it is."""

from msgspec import structs

from market_maker.model.actions import Place
from market_maker.model.events import Accepted, Canceled, Filled, Unanswered
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos, OrderId
from market_maker.ports import NEVER
from market_maker.venues.tracking import ANSWER_WITHIN, SentOrders

START = Nanos(1_000 * NANOS_PER_SECOND)


def order(number):
    return Place(OrderId(number), "ann", Side.BUY, 0, 100, 1, client_order_id=f"n{number}")


def accepted(orders, number, now):
    orders.note(now, Accepted(now, now, OrderId(number)))


def overdue(orders, now):
    found = orders.overdue(Nanos(now))
    assert all(isinstance(each, Unanswered) for each in found)
    return [each.order_id for each in found]


def test_an_order_is_overdue_when_its_time_is_over_and_only_once():
    orders = SentOrders()
    for number in range(3):
        orders.placed(Nanos(START + number * NANOS_PER_MS), order(number))
    accepted(orders, 1, START)
    assert overdue(orders, START + ANSWER_WITHIN - 1) == []
    assert overdue(orders, START + ANSWER_WITHIN) == [0]
    assert overdue(orders, START + ANSWER_WITHIN + NANOS_PER_MS) == []
    assert overdue(orders, START + ANSWER_WITHIN + 2 * NANOS_PER_MS) == [2]
    assert overdue(orders, START + 10 * ANSWER_WITHIN) == []


def test_a_cancel_that_is_asked_for_while_others_wait_has_a_time_of_its_own():
    orders = SentOrders()
    for number in range(2):
        orders.placed(START, order(number))
        accepted(orders, number, START)
    assert overdue(orders, START + ANSWER_WITHIN) == []
    asked = Nanos(START + 2 * ANSWER_WITHIN)
    orders.cancelling(asked, OrderId(1))
    orders.placed(Nanos(asked - NANOS_PER_MS), order(2))
    assert overdue(orders, asked + ANSWER_WITHIN - NANOS_PER_MS) == [2]
    assert overdue(orders, asked + ANSWER_WITHIN) == [1]


def test_what_was_answered_is_not_overdue():
    orders = SentOrders()
    orders.placed(START, order(0))
    orders.note(START, Canceled(START, START, OrderId(0)))
    assert overdue(orders, START + 3 * ANSWER_WITHIN) == []


def test_an_execution_is_counted_once_and_an_order_without_one_remembers_none():
    """A set for each order was up to 8 MB of a worker of 150 symbols, and objects to search."""
    orders = SentOrders()
    orders.placed(START, structs.replace(order(0), size=10))
    assert orders.find(OrderId(0)).trades is None
    fills = [Filled(START, START, OrderId(0), number, 100, 1, 0) for number in (7, 7, 8, 7)]
    assert [orders.note(START, fill) for fill in fills] == [True, False, True, False]
    assert orders.find(OrderId(0)).filled == 2


def test_orders_are_not_examined_while_none_can_be_overdue():
    """Asked at every step of an engine, with all of its orders open."""
    orders = SentOrders()
    for number in range(20):
        orders.placed(START, order(number))
        accepted(orders, number, START)
    assert overdue(orders, START + ANSWER_WITHIN) == []
    assert orders._overdue_at == NEVER
