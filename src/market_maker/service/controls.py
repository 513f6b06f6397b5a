"""Start, stop and look: lifecycle commands, emergency commands, live states."""

from msgspec import Struct

from market_maker.model.caller import Caller
from market_maker.service.views import (
    EmergencyView,
    PoolStatusView,
    ResetView,
    StateView,
    SummaryView,
)


class Review(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who looked at a halt, and what they found."""

    reviewed_by: str
    note: str


class Controls:
    """A stop is carried out first and recorded then; a start that cannot be recorded is taken
    back. A stop always wins: a start that overlaps with one is a ConflictError."""

    async def enable(self, caller: Caller, symbol: str) -> StateView:
        """NOT_RUNNING or PAUSED -> ACTIVE; makes the engine if there is none, or a new one after
        a crash. Raises NotFoundError, IllegalTransitionError when HALTED or without an active
        member (the message names the reason), ConflictError."""
        raise NotImplementedError

    async def pause(self, caller: Caller, symbol: str, reason: str = "") -> StateView:
        """ACTIVE -> PAUSED; every order is cancelled. Raises NotFoundError,
        IllegalTransitionError when HALTED or NOT_RUNNING."""
        raise NotImplementedError

    async def resume(self, caller: Caller, symbol: str, review: Review | None = None) -> StateView:
        """PAUSED or HALTED -> ACTIVE. Raises NotFoundError, IllegalTransitionError when
        NOT_RUNNING, ConflictError("cause") while the cause of a halt holds,
        InvalidFieldError("review") where REQUIRE_HALT_REVIEW wants one by somebody else."""
        raise NotImplementedError

    async def kill(self, caller: Caller, reason: str = "") -> EmergencyView:
        """Every engine HALTED, its orders cancelled. Never waits for the database, never raises
        a DomainError."""
        raise NotImplementedError

    async def flatten(
        self, caller: Caller, reason: str = "", *, unwind: bool = False
    ) -> EmergencyView:
        """Every engine PAUSED, its orders cancelled. unwind: engines with a position first work
        it down with reduce-only quotes, and pause when it is gone. As `kill` otherwise."""
        raise NotImplementedError

    async def reset(self) -> ResetView:
        """Changes nothing; says where to go."""
        raise NotImplementedError

    async def status(self, symbol: str) -> PoolStatusView:
        """One pool, live. Raises NotFoundError."""
        raise NotImplementedError

    async def statuses(self) -> tuple[PoolStatusView, ...]:
        """All pools, by symbol."""
        raise NotImplementedError

    async def summary(self) -> SummaryView:
        """All pools at a glance (GET /mm/status)."""
        raise NotImplementedError
