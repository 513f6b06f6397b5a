"""Work that a store has a shorter way for: what it does in a transaction of the usual kind."""

from types import SimpleNamespace

import pytest

from market_maker.model.units import Nanos
from market_maker.ports import PutDown, Renewal

pytestmark = pytest.mark.anyio


class Part:
    """Of a unit: notes what it is asked."""

    def __init__(self, asked):
        self._asked = asked

    def __getattr__(self, name):
        async def note(*given):
            self._asked.append((name, *given))
            return True

        return note


def unit():
    asked = []
    return asked, SimpleNamespace(owners=Part(asked), orders=Part(asked))


async def test_orders_are_put_down_under_their_fences_and_news_after_them():
    asked, given = unit()
    await PutDown(("fence",), ("order",), ("change",))(given)
    assert asked == [("hold", ("fence",)), ("add", ("order",)), ("change", ("change",))]


async def test_a_renewal_says_whether_there_was_a_lease():
    asked, given = unit()
    assert await Renewal("a", Nanos(3))(given) is True
    assert asked == [("renew", "a", 3)]
