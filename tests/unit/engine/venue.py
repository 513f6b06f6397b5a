"""A venue that is honest but unreliable: slow, forgetful, repetitive, never punctual.

It never claims a proof that it does not have; whatever else can go wrong with messages does.
"""

import random

from market_maker.model.actions import Action, Cancel, Place
from market_maker.model.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    Rejected,
    RejectReason,
    Unanswered,
)
from market_maker.model.orders import Side
from tests.unit.engine.desk import MS

REASONS = (RejectReason.POST_ONLY, RejectReason.POST_ONLY, RejectReason.OTHER)


class Resting:
    def __init__(self, place: Place):
        self.place, self.leaves = place, place.size


class Venue:
    """open: what truly rests. coming: orders on their way in. gone: what ended or never was."""

    def __init__(self, rng: random.Random, trouble: float):
        self.rng, self.trouble = rng, trouble
        self.open: dict[int, Resting] = {}
        self.coming: dict[int, Place] = {}
        self.gone: set[int] = set()
        self._requests: list[tuple[int, Action]] = []
        self._reports: list[tuple[int, Event]] = []
        self._trade = 0

    # -------------------------------------------------------------------------- requests

    def send(self, now: int, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Place):
                self.coming[action.order_id] = action
            if isinstance(action, Place | Cancel):
                self._requests.append((now + self._delay(), action))

    def _delay(self) -> int:
        slow = self.rng.random() < self.trouble
        return self.rng.randint(0, 3_000 if slow else 60) * MS

    def _unlucky(self) -> bool:
        return self.rng.random() < self.trouble * 0.3

    def _tell(self, now: int, event: Event, order_id: int) -> None:
        if self._unlucky() and not isinstance(event, Filled):
            event = Unanswered(now, order_id)
        self._reports.append((now + self._delay(), event))
        if self._unlucky():
            self._reports.append((now + self._delay(), event))

    def _arrive(self, now: int, action: Action) -> None:
        if isinstance(action, Cancel):
            if action.order_id in self.open and self._unlucky():
                self._tell(now, CancelRejected(now, now, action.order_id, False), action.order_id)
            elif self.open.pop(action.order_id, None) is not None:
                self.gone.add(action.order_id)
                self._tell(now, Canceled(now, now, action.order_id), action.order_id)
            else:
                self._tell(now, CancelRejected(now, now, action.order_id, True), action.order_id)
            return
        assert isinstance(action, Place)
        place = self.coming.pop(action.order_id)
        if self._unlucky():
            self.gone.add(place.order_id)
            answer = Rejected(now, now, place.order_id, self.rng.choice(REASONS))
            self._tell(now, answer, place.order_id)
        else:
            self.open[place.order_id] = Resting(place)
            self._tell(now, Accepted(now, now, place.order_id), place.order_id)

    # --------------------------------------------------------------------------- reports

    def advance(self, now: int, bid: int, ask: int) -> list[Event]:
        """What reaches us by `now`; the market trades at bid and ask."""
        due = [request for request in self._requests if request[0] <= now]
        self._requests = [request for request in self._requests if request[0] > now]
        for _, action in sorted(due, key=lambda request: request[0]):
            self._arrive(now, action)
        self._trade_all(now, bid, ask)
        if self.gone and self.rng.random() < 0.3:
            self._answer_a_query(now)
        told = [report for report in self._reports if report[0] <= now]
        self._reports = [report for report in self._reports if report[0] > now]
        return [event for _, event in sorted(told, key=lambda report: report[0])]

    def _trade_all(self, now: int, bid: int, ask: int) -> None:
        for order_id, resting in list(self.open.items()):
            place = resting.place
            through = place.price >= ask if place.side is Side.BUY else place.price <= bid
            if through or self.rng.random() < 0.03:
                self._trade += 1
                size = resting.leaves if through else self.rng.randint(1, resting.leaves)
                resting.leaves -= size
                fee = self.rng.randint(-(10**9), 10**9)
                fill = Filled(now, now, order_id, self._trade, place.price, size, fee)
                self._tell(now, fill, order_id)
                if not resting.leaves:
                    del self.open[order_id]
                    self.gone.add(order_id)

    def _answer_a_query(self, now: int) -> None:
        order_id = self.rng.choice(sorted(self.gone))
        self._reports.append((now + self._delay(), Canceled(now, now, order_id)))

    def heal(self) -> None:
        """From now on punctual and complete; every order that is gone is reported as such."""
        self.trouble = 0.0
        self._reports += [(0, Canceled(0, 0, order_id)) for order_id in sorted(self.gone)]
