"""A renewal over the driver's own connection: what it is asked, and what its answer means.
tests/contract/store/test_owners.py has the databases themselves."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from market_maker.model.errors import StoreUnavailableError
from market_maker.model.units import Nanos
from market_maker.ports import Renewal
from market_maker.storage.store import DatabaseStore

pytestmark = pytest.mark.anyio

LEASE = Nanos(3_000_000_000)


class Connections:
    """KeptConnections, whose driver answers `answer`, or fails with it."""

    def __init__(self, answer):
        self._answer, self.asked = answer, []

    @asynccontextmanager
    async def lent(self, options):
        assert options["isolation_level"] == "READ COMMITTED"
        yield self

    async def fetchval(self, query, *arguments):
        self.asked.append((query.split()[0], arguments))
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer


def store_of(connections):
    writer = SimpleNamespace(dialect=SimpleNamespace(name="postgresql"), url=None)
    return DatabaseStore(SimpleNamespace(writer=writer, committing=connections))


@pytest.mark.parametrize(("answer", "renewed"), [("a", True), (None, False)])
async def test_one_statement_renews_a_lease_that_is_there(answer, renewed):
    connections = Connections(answer)
    assert await store_of(connections).commit(Renewal("a", LEASE)) is renewed
    assert connections.asked == [("UPDATE", (LEASE, "a"))]


async def test_a_database_that_is_away_says_nothing_of_the_lease():
    with pytest.raises(StoreUnavailableError):
        await store_of(Connections(ConnectionResetError("gone"))).commit(Renewal("a", LEASE))
