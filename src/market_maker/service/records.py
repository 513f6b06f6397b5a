"""Orders and fills as stored: read-only."""

from market_maker.model.records import Criteria, OrderCount, Page
from market_maker.service.views import FillSummaryView, FillView, OrderView


class Records:
    """Lists are newest first, in pages."""

    async def orders(
        self, criteria: Criteria, limit: int, cursor: str | None = None
    ) -> Page[OrderView]:
        """Raises InvalidFieldError for a bad limit or cursor."""
        raise NotImplementedError

    async def breakdown(self, symbol: str) -> tuple[OrderCount, ...]:
        """Totals by side and status. Raises NotFoundError for an unknown instrument."""
        raise NotImplementedError

    async def fills(
        self, criteria: Criteria, limit: int, cursor: str | None = None
    ) -> Page[FillView]:
        """As `orders`."""
        raise NotImplementedError

    async def fill_summary(self, symbol: str) -> FillSummaryView:
        """The last 24 hours. Raises NotFoundError for an unknown instrument."""
        raise NotImplementedError
