"""Hyperliquid adapters with one planted bug each, to prove that the fault drill sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from msgspec import Struct, structs

from market_maker.model.events import RejectReason
from market_maker.model.units import Nanos
from market_maker.venues.hyperliquid import venue as hyperliquid_venue
from market_maker.venues.hyperliquid.account_lists import AccountFills
from market_maker.venues.hyperliquid.budgets import ActionQuota
from market_maker.venues.hyperliquid.fates import OrderFates
from market_maker.venues.hyperliquid.name_book import NameBook
from market_maker.venues.hyperliquid.order_desk import OrderDesk
from market_maker.venues.hyperliquid.venue import HyperliquidVenue
from tests.simulation.hyperliquid_scenarios import (
    CALM,
    FEW_ACTIONS,
    LATE_ACTIONS,
    LOST_ANSWERS,
    STORM,
    UNTOLD_FILLS,
    Scenario,
)

_booked, _wire = OrderFates.booked, OrderDesk._wire
_place, _name = HyperliquidVenue.place, NameBook.sent
_filled = OrderFates.filled
_numbers = count()


class PlantedBug(Struct, frozen=True):
    """what: in words. owner, name: what is replaced, by `bug`. found_in: the scenario."""

    what: str
    owner: Any
    name: str
    bug: Any
    found_in: Scenario = STORM

    @contextmanager
    def planted(self) -> Iterator[None]:
        """While the block lasts."""
        before = getattr(self.owner, self.name)
        setattr(self.owner, self.name, self.bug)
        try:
            yield
        finally:
            setattr(self.owner, self.name, before)


def _double(self, fill, now):
    made = _booked(self, fill, now)
    return made and structs.replace(made, size=2 * made.size)


def _other_fill(self, fill, now):
    made = _booked(self, fill, now)
    return made and structs.replace(made, trade_id=made.trade_id + next(_numbers) % 2)


def _other_side(self, new):
    made = _wire(self, new)
    return structs.replace(made, b=not made.b)


def _one_name(self, order_id, text):
    del text
    return _name(self, order_id, f"one of ten {order_id % 10}")


def _refused(self, order_id):
    self.refused(order_id, RejectReason.OTHER)


def _more(self, now, order):
    _place(self, now, structs.replace(order, size=order.size + 1))


def _other_price(self, new):
    made = _wire(self, new)
    return structs.replace(made, p=str(int(made.p.partition(".")[0]) - 100))


def _other_name(self, new):
    made = _wire(self, new)
    return structs.replace(made, c=made.c[:-1] + ("0" if made.c[-1] != "0" else "1"))


def _half_size(self, fill, now):
    made = _booked(self, fill, now)
    return made and structs.replace(made, size=made.size - 1)


def _resting_refused(self, new, oid):
    del oid
    self.refused(new.order.order_id, RejectReason.OTHER)


def _nothing_listed(self, after):
    del self, after
    return ()


def _no_question(self, order_id):
    del self, order_id


def _some_fills(self, fills, now, account_id):
    kept = [fill for fill in fills if fill.tid % 3]
    _filled(self, kept, now, account_id)


def _always(self, now, orders):
    del self, now, orders
    return True


PLANTED = (
    PlantedBug("a fill counts double", OrderFates, "booked", _double),
    PlantedBug("a fill counts for less", OrderFates, "booked", _half_size),
    PlantedBug("a fill has another number", OrderFates, "booked", _other_fill),
    PlantedBug("the other side is sent", OrderDesk, "_wire", _other_side),
    PlantedBug("another price is sent", OrderDesk, "_wire", _other_price),
    PlantedBug("another name is sent", OrderDesk, "_wire", _other_name),
    PlantedBug("more is sent than was asked", HyperliquidVenue, "place", _more),
    PlantedBug("names are used again", NameBook, "sent", _one_name),
    PlantedBug("no answer counts as a refusal", OrderFates, "unknown", _refused),
    PlantedBug("an order that rests counts as refused", OrderFates, "_rests", _resting_refused),
    PlantedBug(
        "the list of fills is never read", AccountFills, "after", _nothing_listed, UNTOLD_FILLS
    ),
    PlantedBug("an order is dead at once", hyperliquid_venue, "DEAD_AFTER", Nanos(0), LATE_ACTIONS),
    PlantedBug("actions are not counted", ActionQuota, "may_place", _always, FEW_ACTIONS),
    PlantedBug(
        "nothing is asked about orders in doubt",
        HyperliquidVenue,
        "_in_doubt",
        _no_question,
        LOST_ANSWERS,
    ),
    PlantedBug("some streamed fills are dropped", OrderFates, "filled", _some_fills, CALM),
)
"""The bugs."""
