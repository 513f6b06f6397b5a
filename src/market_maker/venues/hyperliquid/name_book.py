"""The three names of an order: our number, our text with its cloid, and the venue's number."""

from collections import OrderedDict
from typing import TypeVar

from market_maker.model.units import OrderId
from market_maker.venues.hyperliquid.cloids import cloid_of

NAMES_KEPT = 20_000
"""Names of orders that are remembered, so that their fills can be listed by them."""


Named = TypeVar("Named")
Kept = TypeVar("Kept")


class NameBook:
    """A fill, an order update or a list may know an order by its cloid, by the venue's number, or
    by both. Whatever finds it makes the other known."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._by_cloid: OrderedDict[str, OrderId] = OrderedDict()
        self._by_oid: OrderedDict[int, OrderId] = OrderedDict()
        self._cloids: OrderedDict[OrderId, str] = OrderedDict()

    def sent(self, order_id: OrderId, client_order_id: str) -> str:
        """An order of ours is going out; its cloid."""
        cloid = self.remember(client_order_id)
        _keep(self._by_cloid, cloid, order_id)
        _keep(self._cloids, order_id, cloid)
        return cloid

    def remember(self, client_order_id: str) -> str:
        """A name that an order may have, also one of a former life; its cloid."""
        cloid = cloid_of(client_order_id)
        _keep(self._texts, cloid, client_order_id)
        return cloid

    def numbered(self, order_id: OrderId, oid: int) -> None:
        """The venue's number of an order of ours is known now."""
        _keep(self._by_oid, oid, order_id)

    def find(self, cloid: str | None, oid: int) -> OrderId | None:
        """Our number; None for an order that was not sent from here."""
        found = self._by_cloid.get(cloid.lower()) if cloid else None
        if found is None:
            return self._by_oid.get(oid)
        self.numbered(found, oid)
        return found

    def cloid(self, order_id: OrderId) -> str:
        """Of an order that was sent from here."""
        return self._cloids[order_id]

    def name(self, order_id: OrderId) -> str:
        """Our name of an order that was sent from here; "" where that is long ago."""
        return self.text(self._cloids.get(order_id))

    def text(self, cloid: str | None) -> str:
        """Our name of an order; its cloid where the name is not known, "" without one."""
        return self._texts.get(cloid.lower(), cloid) if cloid else ""


def _keep(kept: OrderedDict[Named, Kept], key: Named, value: Kept) -> None:
    kept[key] = value
    if len(kept) > NAMES_KEPT:
        kept.popitem(last=False)
