"""Reads over the driver's own connection: what it is asked, and what becomes of it after an error.
tests/contract/store/test_direct_reads.py has the server itself."""

from types import SimpleNamespace

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, column, literal, select, text
from sqlalchemy.dialects.postgresql import asyncpg

from market_maker.model.errors import InvalidFieldError, StoreUnavailableError
from market_maker.storage.direct_reads import BEGIN, END, direct_reads
from market_maker.storage.types import Document, Words

pytestmark = pytest.mark.anyio

TABLE = Table(
    "kept", MetaData(), Column("name", Words), Column("more", Document), Column("size", Integer)
)


class RefusedError(Exception):
    """As the driver has one that the server sent."""

    sqlstate = "42P01"


class Driver:
    """Keeps what it is asked. answers: rows of the next questions, or what they end with."""

    def __init__(self, *answers):
        self.asked = []
        self._answers = list(answers)

    async def execute(self, sent):
        self.asked.append(sent)

    async def fetch(self, sent, *values):
        self.asked.append((sent, values))
        answer = self._answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return [Record(each) for each in answer]


class Record(dict):
    """As the driver's: its names first, and its values where one goes through it."""

    def __iter__(self):
        return iter(self.values())


class Connections:
    """KeptConnections, of one."""

    def __init__(self, driver):
        self.given_up = []
        self.is_lent = False
        connection = SimpleNamespace(dialect=asyncpg.dialect(), invalidate=self._invalidate)
        self._kept = SimpleNamespace(raw=driver, connection=connection)

    async def _invalidate(self, error):
        self.given_up.append(error)

    async def take(self, _options):
        self.is_lent = True
        return self._kept

    async def give_back(self, _kept):
        self.is_lent = False


def reading(driver, *, once=False):
    connections = Connections(driver)
    return connections, direct_reads(connections, {}, once=once)


async def test_rows_have_their_columns_names_and_documents_are_tables_of_values():
    driver = Driver([{"name": "a", "more": '{"x": 1}'}, {"name": "b", "more": None}], [])
    connections, opened = reading(driver)
    async with opened as session:
        first, second = await session.rows(select(TABLE.c.name, TABLE.c.more))
        assert await session.row(select(TABLE.c.name)) is None
    assert (first.name, first.more, second) == ("a", {"x": 1}, ("b", None))
    begin, (asked, values), _, end = driver.asked
    assert (begin, end, values) == (BEGIN, END, ())
    assert asked.split() == ["SELECT", "kept.name,", "kept.more", "FROM", "kept"]
    assert (connections.given_up, connections.is_lent) == ([], False)


async def test_values_are_sent_beside_the_statement_and_a_list_as_so_many_as_it_has():
    driver = Driver([], [], [])
    _, opened = reading(driver)
    async with opened as session:
        for names in (["a"], ["b", "c"]):
            await session.rows(select(TABLE.c.size).where(TABLE.c.name.in_(names)))
        await session.take_turns(7)
    _, (one, a), (two, bc), (lock, seven), _ = driver.asked
    assert (one.count("$"), a) == (1, ("a",))
    assert (two.count("$"), bc) == (2, ("b", "c"))
    assert (lock.count("$"), seven) == (1, (7,))


async def test_a_value_that_no_column_holds_is_refused_before_anything_is_asked():
    driver = Driver()
    connections, opened = reading(driver)
    with pytest.raises(InvalidFieldError):
        async with opened as session:
            await session.rows(select(TABLE.c.size).where(TABLE.c.name == "a\0b"))
    assert (driver.asked, connections.given_up) == ([], [])


async def test_a_glimpse_is_one_statement_without_a_transaction():
    driver = Driver([{"one": 1}])
    _, opened = reading(driver, once=True)
    async with opened as session:
        assert await session.row(select(literal(1).label("one"))) == (1,)
        with pytest.raises(AssertionError, match="one statement"):
            await session.rows(select(column("another")))
    ((_, values),) = driver.asked
    assert values == (1,)


async def test_what_the_server_refuses_leaves_the_connection_and_what_breaks_it_does_not():
    refused, broke = RefusedError("no table"), OSError("gone")
    for error, given_up, ends in ((refused, [], [END]), (broke, [broke], [])):
        driver = Driver(error)
        connections, opened = reading(driver)
        with pytest.raises((RefusedError, StoreUnavailableError)):
            async with opened as session:
                await session.rows(text("SELECT 1"))
        assert (connections.given_up, driver.asked[2:]) == (given_up, ends)
        assert not connections.is_lent


async def test_nothing_is_written():
    _, opened = reading(Driver())
    async with opened as session:
        with pytest.raises(StoreUnavailableError, match="read-only"):
            await session.run(TABLE.delete())
