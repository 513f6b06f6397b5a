"""Every event says when it reached us, and survives the journal."""

import msgspec
import pytest

from market_maker.model import events
from market_maker.model.orders import Side

FOUND = events.FillFound(1, 2, 7, 9, "acme", Side.BUY, 0, 100, 3, -5, "mm-1", "account-acme")


def test_a_found_fill_without_its_owner_is_the_plain_one():
    plain = events.plain_fill(FOUND)
    assert (plain.order_id, plain.trade_id, plain.client_order_id) == (7, 9, "mm-1")
    assert not hasattr(plain, "member")


@pytest.mark.parametrize("event", [FOUND, events.plain_fill(FOUND)])
def test_an_event_is_read_as_it_was_written(event):
    written = msgspec.msgpack.encode(event)
    assert msgspec.msgpack.decode(written, type=type(event)) == event
