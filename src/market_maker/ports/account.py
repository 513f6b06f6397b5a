"""What an account can be asked and told that is no order."""

from decimal import Decimal
from typing import Protocol

from market_maker.model.account import (
    AccountFunds,
    ActionAllowance,
    DeadManState,
    FeeRates,
    FundingReceipt,
    LeverageSetting,
    OpenInterestRoom,
)
from market_maker.model.units import Nanos


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
