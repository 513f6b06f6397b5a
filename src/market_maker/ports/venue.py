"""What an engine meets: the clock, the market, where its orders go, who keeps its turns.

It is handed over to and asked, never waited for: what happens comes back as events.
"""

from decimal import Decimal
from typing import Protocol

from market_maker.engine.engine import Engine
from market_maker.model.account import (
    AccountFunds,
    ActionAllowance,
    DeadManState,
    FeeRates,
    FundingReceipt,
    LeverageSetting,
    OpenInterestRoom,
)
from market_maker.model.actions import Place, Turn
from market_maker.model.errors import NotFoundError
from market_maker.model.events import Event
from market_maker.model.instrument import Instrument
from market_maker.model.listings import FillMark, ListedFill, ListedOrder
from market_maker.model.orders import Order
from market_maker.model.units import Lots, Nanos, OrderId

NEVER = Nanos(2**63 - 1)
"""Later than every moment."""


EVER = Nanos(-1)
"""Earlier than every moment."""


class Clock(Protocol):
    """What time it is, and waiting."""

    def now(self) -> Nanos:
        """The time; never earlier than the last answer."""

    def sleep(self, span: Nanos) -> None:
        """Return `span` later, or somewhat earlier when a signal arrives."""


class MarketData(Protocol):
    """Where facts about the market, and about our orders, come from."""

    def poll(self, now: Nanos) -> list[Event]:
        """What has arrived by `now` and was not given before, in order of arrival."""

    def due(self, now: Nanos) -> Nanos:
        """When `poll` has to be asked next, as far as can be known: `now` where something waits.
        News that arrive by themselves make it earlier."""

    def request_snapshot(self, now: Nanos) -> None:
        """Ask for the whole book; it comes back as an event. Asking again while an answer is
        on its way is harmless."""


class Orders(Protocol):
    """Where orders go. Every request is answered by an event, an Unanswered at worst."""

    def place(self, now: Nanos, order: Place) -> None:
        """Send a new order."""

    def cancel(self, now: Nanos, *order_ids: OrderId) -> None:
        """Ask for orders to be taken off the book."""

    def open_orders(self, now: Nanos, after: Nanos = EVER) -> tuple[Order, ...]:
        """The venue's own list of what rests or may still come to rest for us: proof, not our
        memory. after: it must have been asked for later than that. Raises VenueUnavailableError: a
        failed question proves nothing; a list that is too old is asked for anew."""


class Venue(MarketData, Orders, Protocol):
    """The venue: it reports facts, and takes orders that are on record.
    The same client_order_id is never another order, and every execution is given once.
    open_orders: everything on the accounts that this connection serves, orders that it did not
    send included, under numbers by which it can cancel them."""


class VenueLists(Protocol):
    """What the venue has of one instrument, by account: the truth, which outlives us. Every
    question raises VenueUnavailableError when it is not answered, and that proves nothing."""

    async def listed_orders(self, account_id: str) -> tuple[ListedOrder, ...]:
        """Everything open in the account, foreign orders too."""

    async def listed_fills(
        self, account_id: str, after: FillMark | None = None
    ) -> tuple[ListedFill, ...]:
        """The first LISTED_FILLS_MAX fills behind `after`, or the first of all, oldest first. Other
        fills of that very moment may be listed once more."""

    async def listed_position(self, account_id: str) -> Lots:
        """Signed lots."""

    async def withdraw(self, order: ListedOrder) -> None:
        """Ask for one listed order to be taken off the book."""


class AccountAtVenue(Protocol):
    """One account at a venue. Everything is rare, and answered at once or refused:
    VenueUnavailableError says that nothing is known, VenueRefusedError that the venue said no."""

    async def funds(self, symbol: str) -> AccountFunds:
        """Money and positions where this market trades."""

    async def leverage(self, symbol: str) -> LeverageSetting:
        """As it is set now."""

    async def set_leverage(self, symbol: str, leverage: int, *, isolated: bool) -> bool:
        """Set it, unless it is so already; whether it was changed. Raises InvalidFieldError for
        what the market does not have."""

    async def add_margin(self, symbol: str, amount: Decimal) -> None:
        """Move collateral into an isolated position, or out of it when < 0."""

    async def allowance(self) -> ActionAllowance:
        """How many actions are left."""

    async def fees(self, symbol: str) -> FeeRates:
        """What this account pays there."""

    async def open_interest(self, symbol: str) -> OpenInterestRoom:
        """How much the market still takes."""

    async def funding(self, since: Nanos) -> tuple[FundingReceipt, ...]:
        """Everything paid and received since then, oldest first."""

    async def schedule_cancel(self, at: Nanos | None) -> DeadManState:
        """Ask the venue to cancel everything at `at`; None takes that back. A refusal is an
        answer, not an error."""


class Journal(Protocol):
    """The events and actions of an engine, turn by turn."""

    def begin(self, engine: Engine) -> None:
        """The turns of this engine follow."""

    def append(self, turn: Turn) -> None:
        """Keep one turn."""


class Instruments(Protocol):
    """What can be traded: the metadata service, or the list that comes with the sandbox."""

    def find(self, symbol: str) -> Instrument | None:
        """The instrument, or None."""

    def reference_price(self, symbol: str) -> Decimal | None:
        """A recent price in quote currency, to judge sizes by; None when there is none."""

    def symbols(self) -> tuple[str, ...]:
        """All that are listed, in order."""


def listed(instruments: Instruments, symbol: str) -> Instrument:
    """The instrument of a symbol. Raises NotFoundError for what is not listed."""
    instrument = instruments.find(symbol)
    if instrument is None:
        raise NotFoundError("instrument", symbol)
    return instrument
