"""What a watchdog can do at a venue after the service has died: list orders, and cancel."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct


class WatchedAccount(Struct, frozen=True, order=True):
    """Where orders of ours may rest. venue: where a service trades at several; empty for the
    usual one."""

    symbol: str
    account_id: str
    venue: str = ""


class VenueSweep(Struct, frozen=True, kw_only=True):
    """One round over all accounts. open: orders that the venue listed, each of which a cancel was
    sent for; unanswered: accounts for which the venue did not answer, so that nothing is known."""

    open: int
    unanswered: int

    @property
    def is_empty(self) -> bool:
        """Whether the venue said of every account that nothing is open."""
        return not self.open and not self.unanswered


class DeadMan(Protocol):
    """A venue's way to cancel without the service: with a credential of its own, and without
    anything that the service knows but the names of its accounts."""

    @property
    def again_s(self) -> float:
        """Between two rounds over an empty book while the service stays dead: as often as the
        venue allows."""

    @property
    def problem(self) -> str:
        """Why the last round is not whole, in words."""

    async def sweep(self, accounts: Sequence[WatchedAccount]) -> VenueSweep:
        """Ask what is open on `accounts`, and send a cancel for each of it. Raises nothing of the
        venue's: what it does not answer is counted."""
