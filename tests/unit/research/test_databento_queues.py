"""Databento's market by order, made by its own library, is read order by order."""

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.research.queue_messages import streams_of
from tests.unit.research.test_queue_messages import whats
from tests.unit.venues.recorded.test_databento import (
    ADD,
    ASK,
    CANCEL,
    CLEAR,
    FILL,
    MODIFY,
    book,
    metadata,
    order,
)


def test_databentos_orders_are_what_was_filled_what_was_cancelled_and_what_moved(tmp_path):
    records = [
        order(0, CLEAR),
        order(1, ADD, price=100, size=5, number=1),
        order(2, ADD, price=100, size=7, number=2),
        order(3, FILL, price=100, size=2, number=1),
        order(3, CANCEL, price=100, size=2, number=1),
        order(4, CANCEL, price=100, size=3, number=1),
        order(5, MODIFY, price=100, size=6, number=2),
        order(6, MODIFY, price=101, size=6, number=2),
        order(7, ADD, side=ASK, price=105, size=9, number=3),
        order(8, CANCEL, price=100, size=1, number=77),
    ]
    path = tmp_path / "x.dbn"
    path.write_bytes(metadata() + b"".join(records))
    ((_, stream),) = streams_of([path])
    assert whats(stream) == [
        (1, 5, 0, 0, 5),
        (2, 7, 0, 0, 12),
        (1, 0, 0, 2, 10),
        (1, 0, 3, 0, 7),
        (2, 0, 1, 0, 6),
        (2, 0, 6, 0, 0),
        (2, 6, 0, 0, 6),
        (3, 9, 0, 0, 9),
    ]


def test_a_book_by_price_names_no_orders(tmp_path):
    path = tmp_path / "x.dbn"
    path.write_bytes(metadata() + book(1, [(100, 1, 101, 1)]))
    ((_, stream),) = streams_of([path])
    with pytest.raises(InvalidDataError, match="not market by order"):
        list(stream)
