"""What stands in for those who watch and connect, where nobody does."""

from market_maker.model.errors import InvalidDataError
from market_maker.service.floor import Line, Opening


class Unwatched:
    """floor.Observer: nobody measures."""

    def turned(self, symbol: str, turn_ns: int, waiting: int) -> None:
        """Nothing."""

    def lagged(self, lag_ns: int) -> None:
        """Nothing."""

    def broke(self, symbol: str, failure: str, trace: str) -> None:
        """Nothing."""

    def unproved(self, symbol: str, since_ns: int, orders: int) -> None:
        """Nothing."""


async def unconnected(opening: Opening) -> Line:
    """floor.Connect where nothing trades."""
    raise InvalidDataError(opening.start.instrument.symbol, "nothing trades here")


def stuck(symbol: str, problem: str) -> None:
    """order_log's alarm where nobody can act on it."""
    raise InvalidDataError(symbol, problem)
