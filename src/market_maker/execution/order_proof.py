"""What the venue has proved about a pool's orders: that none is left, or not yet."""

from collections import deque
from collections.abc import Collection

from msgspec import Struct

from market_maker.model.errors import VenueError
from market_maker.model.orders import Order
from market_maker.model.units import NANOS_PER_SECOND, Nanos, OrderId
from market_maker.ports import EVER, Orders

ASK_INTERVAL = Nanos(NANOS_PER_SECOND // 4)
"""How often the venue is asked what is open while it lists orders that it is to cancel, or while
orders of ours wait for the answer to their cancel, for then no list is a proof; and, at rest, where
it has not answered."""

ASK_AGAIN = Nanos(NANOS_PER_SECOND // 40)
"""How soon it is asked again when it listed nothing of that kind, or has not answered yet: adapters
answer from the newest list that they have, and ask for one no sooner than they may."""

REST_INTERVAL = Nanos(5 * NANOS_PER_SECOND)
"""How often it is asked when it was proved, and the pool is at rest."""

EMPTY_LISTS_FOR_PROOF = 2
"""How often in a row the venue must say that nothing is open, each time asked anew."""


ANSWERS_KEPT = 8
"""The last answers of the venue, for readers."""


class VenueAnswer(Struct, frozen=True, array_like=True, gc=False):
    """One answer of the venue. venue_open: orders that it listed; ours_open: those that the engine
    held open then; foreign: listed ones that the engine does not know."""

    ts: Nanos
    venue_open: int
    ours_open: int
    foreign: int


class OrderProof:
    """Of one pool that does not quote. unconfirmed: orders were pulled and the venue has not yet
    proved that none is left. strays: orders that the venue lists and the engine does not know;
    None until the venue has answered. yielded: another worker trades the symbol now, and what the
    engine does not know is that one's. listed: the venue's last answer, and last_look when that
    came. pulled_at: when orders were pulled last. empty_lists: answers in a row that listed
    nothing, each asked for after the one before had come. answers: the last ones since then, oldest
    first; proved_at: the one that was the proof, None while there is none. problem: why the venue
    has not answered, in words; empty where it has."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._asked: Nanos | None = None
        self._cancels = self._is_answered = False
        self._empty_at = EVER
        self.empty_lists = 0
        self.unconfirmed = True
        self.yielded = False
        self.pulled_at: Nanos | None = None
        self.strays: int | None = None
        self.last_look: Nanos | None = None
        self.listed: tuple[Order, ...] = ()
        self.proved_at: Nanos | None = None
        self.problem = ""
        self._answers: deque[VenueAnswer] = deque(maxlen=ANSWERS_KEPT)

    @property
    def answers(self) -> tuple[VenueAnswer, ...]:
        """As they are now."""
        return tuple(self._answers)

    def pulled(self, now: Nanos) -> None:
        """Orders were pulled: nothing is proved any more."""
        self.unconfirmed, self.empty_lists, self._asked = True, 0, None
        self.pulled_at, self.proved_at = now, None
        self._answers.clear()

    def due(self, now: Nanos, *, held: bool = False) -> bool:
        """Whether the venue is to be asked again. held: the engine knows of orders that are open
        still."""
        if self._asked is None:
            return True
        if not self.unconfirmed:
            interval = REST_INTERVAL if self._is_answered else ASK_INTERVAL
        else:
            interval = ASK_INTERVAL if self._cancels or held else ASK_AGAIN
        return now - self._asked >= interval

    def ask(self, now: Nanos, known: Collection[OrderId], *, settled: bool) -> None:
        """Ask the venue what is open, cancel what is not `known` to the engine, and judge whether
        it is proved that nothing is left. settled: whatever was on its way has arrived."""
        self._asked, self._cancels, self._is_answered = now, False, False
        # One list is one answer, however often it is read. At rest nothing new has to be proved.
        after = self._empty_at if self.unconfirmed and self.empty_lists else EVER
        try:
            self.listed = self._orders.open_orders(now, after)
        except VenueError as error:
            self.problem = str(error)
            return
        self.problem = ""
        self.last_look, self._is_answered = now, True
        listed = () if self.yielded else self.listed
        strays = [order for order in listed if order.order_id not in known]
        self.strays, self._cancels = len(strays), bool(strays)
        if strays:
            self._orders.cancel(now, *(order.order_id for order in strays))
        self._answers.append(VenueAnswer(now, len(self.listed), len(known), len(strays)))
        nothing = not listed and not known
        self.empty_lists = self.empty_lists + 1 if nothing else 0
        self._empty_at = now
        self.unconfirmed = not settled or self.empty_lists < EMPTY_LISTS_FOR_PROOF
        if self.unconfirmed:
            self.proved_at = None
        elif self.proved_at is None:
            self.proved_at = now
