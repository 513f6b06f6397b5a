"""The port through which pools are commanded and read, wherever their engines are stepped."""

from typing import Protocol

from market_maker.model.caller import Caller
from market_maker.model.units import Nanos
from market_maker.operations.halt_reviews import Review
from market_maker.operations.views import (
    EmergencyView,
    Glance,
    PoolStatusView,
    ResetView,
    StateView,
)


class PoolCommands(Protocol):
    """Commands, each answered by the engine that carries it out. Besides what is named here every
    command raises StoreUnavailableError, and ProcessLostError where the worker that owns the engine
    does not answer."""

    async def enable(self, caller: Caller, symbol: str) -> StateView:
        """NOT_RUNNING or PAUSED -> ACTIVE; makes the engine if there is none, or a new one after
        a crash. Raises NotFoundError, IllegalTransitionError when HALTED (the message names the
        reason), ConflictError ("members": none is active; "open_orders": of an earlier run;
        "state": stopped meanwhile)."""

    async def resume(self, caller: Caller, symbol: str, review: Review | None = None) -> StateView:
        """PAUSED or HALTED -> ACTIVE. Raises as `enable`, IllegalTransitionError when
        NOT_RUNNING, ForbiddenError for callers without the role risk once it was halted,
        ConflictError("cause") while the cause of a halt holds, and as HaltReviews.reason."""

    async def check_may_start(self, caller: Caller, symbol: str) -> None:
        """Before anything of a pool is changed for a start: raises as `resume` where the pool was
        halted and the caller may not lift that, whatever its limits will be."""

    async def review(self, caller: Caller, symbol: str, note: str) -> Review:
        """Record the caller's review of the pool's halt; lifts nothing. Raises
        NotFoundError, IllegalTransitionError where there is no halt, ConflictError("reviewed_by")
        for the caller who halted it."""

    async def pause(self, caller: Caller, symbol: str, reason: str = "") -> StateView:
        """ACTIVE -> PAUSED; every order is cancelled. A pool without an engine stays as it is.
        Raises NotFoundError, IllegalTransitionError when HALTED."""

    async def kill(
        self, caller: Caller, reason: str = "", symbol: str = "", *, entered: bool = False
    ) -> EmergencyView:
        """Every engine HALTED, or one symbol's, its orders cancelled. Never waits for the database.
        entered: the command stands in the audit log already, and only what became of each pool is
        to be written. Raises NotFoundError for a symbol without an engine, and nothing else: what
        could not be reached stands in the answer."""

    async def flatten(
        self,
        caller: Caller,
        reason: str = "",
        symbol: str = "",
        *,
        unwind: bool = False,
        entered: bool = False,
    ) -> EmergencyView:
        """Every engine PAUSED, or one symbol's, its orders cancelled. unwind: ACTIVE engines first
        work their positions down with reduce-only quotes, and pause when flat. As `kill`."""

    async def remove(self, caller: Caller, symbol: str, *, force: bool = False) -> None:
        """Delete a pool that is not ACTIVE and has nothing open at the venue; orders, fills and
        states stay. Just after a stop it waits a moment for the venue's word. force: also with a
        position, whose engine then stays, PAUSED and without members, in every total. Raises
        NotFoundError, IllegalTransitionError while ACTIVE, ConflictError while orders may be open
        ("open_orders") or a position is left ("position")."""

    async def move(self, caller: Caller, symbol: str, worker: int) -> StateView:
        """Let another worker trade the pool: it is PAUSED, proved empty and taken up there, and is
        ACTIVE again where it was and nothing else changed meanwhile. Raises NotFoundError,
        ConflictError ("workers": there is one process; "worker": it is there already;
        "open_orders": it is not proved that nothing is open, and the pool stays where it was,
        PAUSED), InvalidFieldError for a number that no worker has."""


class PoolControls(PoolCommands, Protocol):
    """Commands, and live states."""

    async def reset(self) -> ResetView:
        """Changes nothing; says where to go."""

    async def status(self, symbol: str) -> PoolStatusView:
        """One pool, live. Raises NotFoundError."""

    async def statuses(self) -> tuple[PoolStatusView, ...]:
        """All pools, by symbol."""

    async def summary(self) -> Glance:
        """All pools at a glance (GET /mm/status)."""

    async def live_summary(self, now: Nanos, by: Nanos) -> Glance:
        """The same several times a second, in spare time that ends at `by`: what the store alone
        knows may be a second old."""
