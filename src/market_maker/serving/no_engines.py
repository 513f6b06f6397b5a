"""What stands in for those who watch and connect, where nobody does."""

from market_maker.execution.engine_host import Connection, ConnectRequest
from market_maker.model.errors import InvalidDataError


class NoObserver:
    """engine_host.Observer: nobody measures."""

    def turned(self, symbol: str, turn_ns: int, waiting: int) -> None:
        """Nothing."""

    def lagged(self, lag_ns: int) -> None:
        """Nothing."""

    def broke(self, symbol: str, failure: str, trace: str) -> None:
        """Nothing."""

    def unproved(self, symbol: str, since_ns: int, orders: int) -> None:
        """Nothing."""


async def unconnected(opening: ConnectRequest) -> Connection:
    """engine_host.Connect where nothing trades."""
    raise InvalidDataError(opening.start.instrument.symbol, "nothing trades here")


def stuck(symbol: str, problem: str) -> None:
    """intent_log's alarm where nobody can act on it."""
    raise InvalidDataError(symbol, problem)
