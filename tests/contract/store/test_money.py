import asyncio
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, select

from market_maker.model.errors import InvalidFieldError
from market_maker.ports import Store
from market_maker.storage.database import Database, open_database
from market_maker.storage.tables import participants
from tests.builders import participant
from tests.examples import examples

pytestmark = pytest.mark.anyio

EXAMPLES = (
    "12345678901.123456789012345678",
    "0.000000000000000001",
    "-99999999999999999999999999999999.999999999999999999",
    "1E+25",
    "1E-30",
    "100.00",
    "0",
    "33.333333333333333333",
)

amounts = st.decimals(allow_nan=False, allow_infinity=False).filter(
    lambda d: abs(d.adjusted()) < 100
)


async def round_trip(database: Database, values: list[Decimal]) -> list[Decimal]:
    async with database.writer.connect() as connection:
        rows = [
            {"participant_id": str(n), "account_id": str(n), "initial_margin_usdt": value}
            for n, value in enumerate(values)
        ]
        base = {
            name: getattr(participant(), name)
            for name in participants.columns.keys()  # noqa: SIM118 - not a dict
            if name not in {"participant_id", "account_id", "initial_margin_usdt"}
        }
        await connection.execute(participants.insert(), [base | row for row in rows])
        query = select(participants.c.participant_id, participants.c.initial_margin_usdt)
        found = dict((await connection.execute(query)).all())
        await connection.rollback()
    return [found[str(n)] for n in range(len(values))]


async def test_money_comes_back_to_the_last_digit(database: Database) -> None:
    values = [Decimal(example) for example in EXAMPLES]
    stored = await round_trip(database, values)
    assert stored == values
    assert str(stored[5]) == "100.00"


@pytest.mark.parametrize("which", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_any_decimal_comes_back_to_the_last_digit(
    which: str, request: pytest.FixtureRequest
) -> None:
    url: URL = request.getfixturevalue("sqlite_url" if which == "sqlite" else "server_url")

    async def run(values: list[Decimal]) -> list[Decimal]:
        database = open_database(url)
        try:
            return await round_trip(database, values)
        finally:
            await database.close()

    @settings(max_examples=examples(20))
    @given(st.lists(amounts, min_size=1, max_size=30))
    def check(values: list[Decimal]) -> None:
        assert asyncio.run(run(values)) == values

    check()


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "sNaN"])
async def test_what_is_no_number_is_refused(store: Store, value: str) -> None:
    with pytest.raises(InvalidFieldError, match="finite"):
        async with store.transaction() as unit:
            await unit.participants.add(participant(initial_margin_usdt=Decimal(value)))


def test_money_is_not_compared_in_sql() -> None:
    with pytest.raises(NotImplementedError):
        assert participants.c.initial_margin_usdt > Decimal(1)


@pytest.mark.parametrize("bad", ["a\0b", "\ud800"])
async def test_text_that_not_both_databases_can_hold_is_refused(store: Store, bad: str) -> None:
    with pytest.raises(InvalidFieldError, match="UTF-8"):
        async with store.transaction() as unit:
            await unit.participants.add(participant(notes=bad))
    async with store.reading() as unit:
        with pytest.raises(InvalidFieldError, match="UTF-8"):
            await unit.participants.get(bad)
