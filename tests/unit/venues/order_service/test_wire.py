"""Frames and requests travel in lists that both ends take."""

import msgspec
import pytest

from market_maker.venues.order_service import wire
from market_maker.venues.order_service.wire import Follow, Snap, lists_of


@pytest.mark.parametrize("count", [1, 3, 4, 40])
def test_lists_are_cut_between_items_and_lose_none(monkeypatch, count):
    monkeypatch.setattr(wire, "MESSAGE_BYTES", 100)
    items = [Snap(number) for number in range(count)]
    messages = list(lists_of(items))
    assert [msgspec.json.decode(each, type=list[Snap]) for each in messages] == [
        items[begin : begin + 3] for begin in range(0, count, 3)
    ]


def test_one_that_is_longer_goes_alone(monkeypatch):
    monkeypatch.setattr(wire, "MESSAGE_BYTES", 100)
    items = [Snap(1), Follow(2, "LONG", ("account",) * 50), Snap(3)]
    assert list(lists_of(items)) == [msgspec.json.encode([item]) for item in items]
