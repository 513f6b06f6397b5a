"""Pool configurations: create, replace, delete, and read."""

from market_maker.model.caller import Caller
from market_maker.model.pool import PoolConfig
from market_maker.model.records import Page
from market_maker.service.views import PoolView


class Pools:
    """Configurations, one per symbol. `members` and `version` of a given PoolConfig are not
    looked at: members have methods of their own, the version is the store's."""

    async def put(
        self, caller: Caller, config: PoolConfig, expected_version: int | None = None
    ) -> tuple[PoolView, bool]:
        """Create the pool, or replace its configuration if it exists (POST /pools); True when it
        is new. Raises as `replace`, and NotFoundError("instrument") for an unknown symbol."""
        raise NotImplementedError

    async def replace(
        self, caller: Caller, config: PoolConfig, expected_version: int | None = None
    ) -> PoolView:
        """Replace the whole configuration (PUT); in force on the engine's next cycle. Without
        expected_version it replaces what stood when the call began. Raises NotFoundError,
        ConflictError("version") for a lost update, InvalidFieldError where strategy, instrument
        or members do not fit."""
        raise NotImplementedError

    async def remove(self, caller: Caller, symbol: str) -> None:
        """Delete a pool that is not ACTIVE and has nothing open at the venue; orders, fills and
        states stay. Raises NotFoundError, IllegalTransitionError while ACTIVE, ConflictError
        while orders may be open."""
        raise NotImplementedError

    async def get(self, symbol: str) -> PoolView:
        """Raises NotFoundError."""
        raise NotImplementedError

    async def page(self, limit: int, cursor: str | None = None) -> Page[PoolView]:
        """By symbol."""
        raise NotImplementedError
