import asyncio
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from market_maker.model.money import EntryKind, LedgerEntry
from market_maker.model.records import LedgerCriteria, LedgerHolding, LedgerSpan, LedgerSum
from market_maker.model.units import Nanos
from market_maker.ports import Store, Unit
from market_maker.storage.database import Database
from market_maker.storage.store import DatabaseStore
from tests.builders import ACME, NOW, SYMBOL, enroll, entry
from tests.contract.store.money_rows import ZERO, named
from tests.examples import examples

pytestmark = pytest.mark.anyio

OTHER = named("other")
EVERYTHING = LedgerCriteria()


def numbered(*entries: LedgerEntry, after: int = 0) -> tuple[LedgerEntry, ...]:
    return tuple(replace(e, entry_id=number) for number, e in enumerate(entries, after + 1))


async def fill(store: Store, *entries: LedgerEntry) -> tuple[LedgerEntry, ...]:
    async with store.transaction() as unit:
        await enroll(unit, ACME, OTHER)
        return await unit.ledger.post(entries)


async def test_entries_are_numbered_in_order_of_posting_and_come_back_to_the_last_digit(
    store: Store,
) -> None:
    digits = Decimal("0.123456789012345678901234")
    made = [entry(n, cash=digits - 100, inventory=Decimal(100), fees=-digits) for n in range(1, 6)]
    assert await fill(store, *made[:3]) == numbered(*made[:3])
    async with store.transaction() as unit:
        assert await unit.ledger.post(made[3:]) == numbered(*made[3:], after=3)
        assert await unit.ledger.post([]) == ()
        assert await unit.ledger.head() == 5
        assert await unit.ledger.newest() == numbered(*made)[-1]
    async with store.reading() as unit:
        page = await unit.ledger.page(EVERYTHING, 10)
        assert page.items == numbered(*made)
        assert await unit.ledger.bounds(Nanos(NOW + 2), Nanos(NOW + 4)) == (2, 3)
        assert await unit.ledger.bounds(Nanos(NOW + 9), Nanos(NOW + 10)) is None


async def test_an_empty_ledger_has_head_0(store: Store) -> None:
    async with store.transaction() as unit:
        assert await unit.ledger.head() == 0
        assert await unit.ledger.newest() is None
        assert await unit.ledger.latest(SYMBOL, ACME) is None


async def test_a_cause_is_posted_once_and_leaves_no_gap(store: Store) -> None:
    await fill(store, entry(1), entry(2))
    again = entry(2, kind=EntryKind.FUNDING)
    async with store.transaction() as unit:
        third = entry(3)
        new = await unit.ledger.post([entry(1), third, entry(3), again, third, entry(2), entry(4)])
        assert new == numbered(third, again, entry(4), after=2)
        assert await unit.ledger.posted(EntryKind.FILL, ["cause-1", "cause-9"]) == {"cause-1"}
    async with store.transaction() as unit:
        assert await unit.ledger.post([entry(1)]) == ()


async def test_what_is_rolled_back_leaves_no_gap(store: Store) -> None:
    await fill(store, entry(1))

    async def fails(unit: Unit) -> None:
        await unit.ledger.post([entry(2)])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.commit(fails)
    async with store.transaction() as unit:
        assert await unit.ledger.post([entry(3)]) == numbered(entry(3), after=1)


async def test_who_posts_at_once_gets_numbers_without_a_gap(store: Store) -> None:
    await fill(store)

    async def post(number: int) -> None:
        async with store.transaction() as unit:
            await unit.ledger.post([entry(2 * number), entry(2 * number + 1)])

    await asyncio.gather(*(post(number) for number in range(20)))
    async with store.reading() as unit:
        page = await unit.ledger.page(EVERYTHING, 100)
    assert [e.entry_id for e in page.items] == list(range(1, 41))


async def test_an_entry_that_does_not_balance_is_not_posted(store: Store) -> None:
    with pytest.raises(AssertionError):
        await fill(store, entry(1, cash=Decimal("-100.24")))


@pytest.mark.slow
async def test_postgresql_itself_refuses_an_entry_that_does_not_balance(server: Database) -> None:
    await fill(DatabaseStore(server), entry(1))
    statement = """
        INSERT INTO mm_ledger
        SELECT 2, kind, 'x', symbol, participant_id, ts_event, posted_at, cash + 0.01, inventory,
            realised, funding, fees, platform_share, platform_due, drawings,
            quantity, position, cost
        FROM mm_ledger
    """
    with pytest.raises(IntegrityError, match="ck_mm_ledger_balance"):
        async with server.writer.begin() as connection:
            await connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE mm_ledger SET cash = inventory",
        "UPDATE mm_ledger SET posted_at = 0 WHERE entry_id = 1",
        "DELETE FROM mm_ledger WHERE entry_id = 2",
        "DELETE FROM mm_ledger",
    ],
)
async def test_the_database_itself_refuses_to_change_the_ledger(
    store: Store, database: Database, statement: str
) -> None:
    posted = await fill(store, entry(1), entry(2))
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.writer.begin() as connection:
            await connection.execute(text(statement))
    async with store.reading() as unit:
        assert (await unit.ledger.page(EVERYTHING, 10)).items == posted


@pytest.mark.slow
async def test_postgresql_refuses_to_truncate_the_ledger(server: Database) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        async with server.writer.begin() as connection:
            await connection.execute(text("TRUNCATE mm_ledger"))


async def test_the_latest_entry_is_that_of_one_participant_in_one_symbol(store: Store) -> None:
    await fill(
        store,
        entry(1),
        entry(2),
        entry(3, symbol="ETHUSDT-PERP"),
        entry(4, participant_id=OTHER),
        entry(5, symbol="", kind=EntryKind.SETTLEMENT),
    )
    async with store.reading() as unit:
        assert await unit.ledger.latest(SYMBOL, ACME) == replace(entry(2), entry_id=2)
        assert await unit.ledger.latest(SYMBOL, ACME, 2) == replace(entry(1), entry_id=1)
        assert await unit.ledger.latest(SYMBOL, ACME, 1) is None
        found = await unit.ledger.latest(SYMBOL, OTHER)
        assert found == replace(entry(4), entry_id=4, participant_id=OTHER)
        assert await unit.ledger.latest("NONE", ACME) is None


async def test_pages_filter_and_run_from_the_oldest_on(store: Store) -> None:
    made = [
        entry(n, participant_id=OTHER if n % 3 == 0 else ACME, symbol=SYMBOL if n % 4 else "ETH")
        for n in range(1, 25)
    ]
    await fill(store, *made)
    criteria = LedgerCriteria(
        participant_id=ACME,
        symbol=SYMBOL,
        kind=EntryKind.FILL,
        since=Nanos(NOW + 2),
        until=Nanos(NOW + 20),
        after_entry=5,
        upto_entry=14,
    )
    async with store.reading() as unit:
        first = await unit.ledger.page(criteria, 2)
        rest = await unit.ledger.page(criteria, 9, first.next_cursor)
        none = await unit.ledger.page(LedgerCriteria(kind=EntryKind.TRANSFER), 5)
    assert [e.entry_id for e in first.items + rest.items] == [7, 10, 11, 13, 14]
    assert none.items == ()


def span(**fields: int) -> LedgerSpan:
    made = LedgerSpan(
        participant_id=ACME,
        late_before=Nanos(0),
        before=Nanos(2**62),
        upto_entry=2**62,
        covered_ts=Nanos(0),
        covered_entry=0,
    )
    return replace(made, **fields)


async def test_sums_add_up_what_happened_by_symbol(store: Store) -> None:
    sell = entry(
        2,
        cash=Decimal("120.5"),
        inventory=Decimal(-100),
        realised=Decimal(-20),
        fees=Decimal("-0.5"),
        quantity=Decimal("-0.001"),
    )
    paid = entry(
        3,
        kind=EntryKind.FUNDING,
        cash=Decimal(-2),
        inventory=ZERO,
        funding=Decimal(2),
        fees=ZERO,
        quantity=ZERO,
    )
    settled = entry(4, kind=EntryKind.SETTLEMENT, symbol="")
    other = entry(5, participant_id=OTHER)
    await fill(store, entry(1), sell, paid, settled, other, entry(6, symbol="ETH"))
    both = LedgerSum(
        symbol=SYMBOL,
        late=False,
        entries=3,
        trades=2,
        realised=Decimal(20),
        fees=Decimal("0.25"),
        rebates=Decimal("0.5"),
        funding=Decimal(-2),
        volume=Decimal(220),
    )
    one = replace(both, symbol="ETH", entries=1, trades=1, realised=ZERO, rebates=ZERO)
    one = replace(one, funding=ZERO, volume=Decimal(100))
    async with store.reading() as unit:
        assert await unit.ledger.sums(span()) == (both, one)
        late = await unit.ledger.sums(span(late_before=NOW + 2))
        assert [(s.symbol, s.late, s.entries) for s in late] == [
            (SYMBOL, False, 2),
            (SYMBOL, True, 1),
            ("ETH", False, 1),
        ]
        assert await unit.ledger.sums(span(upto_entry=0)) == ()
        page = await unit.ledger.spanned(span(), 10)
    assert [e.entry_id for e in page.items] == [1, 2, 3, 6]


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=12),
    *(st.integers(0, 12) for _ in range(4)),
)
@settings(max_examples=examples(25), deadline=None, suppress_health_check=[*HealthCheck])
async def test_a_span_holds_what_it_says_and_nothing_else(
    store: Store, times: list[int], before: int, upto: int, covered_ts: int, covered_entry: int
) -> None:
    """Whatever the order of times: every entry within is found, by page and by sum."""
    async with store.transaction() as unit:
        if await unit.participants.get(ACME) is None:
            await enroll(unit)
        head = await unit.ledger.head()
        base = 100 * (head + 1)
        posted = await unit.ledger.post(
            [entry(base + n, ts_event=Nanos(base + t)) for n, t in enumerate(times)]
        )
        asked = span(
            before=base + before,
            upto_entry=head + upto,
            covered_ts=base + covered_ts,
            covered_entry=head + covered_entry,
        )
        page = await unit.ledger.spanned(asked, 1_000)
        sums = await unit.ledger.sums(asked)

    def inside(e: LedgerEntry) -> bool:
        covered = e.ts_event < asked.covered_ts and e.entry_id <= asked.covered_entry
        return e.ts_event < asked.before and e.entry_id <= asked.upto_entry and not covered

    wanted = [e for e in posted if inside(e)]
    assert [e for e in page.items if e.entry_id > head] == wanted
    assert sum(s.entries for s in sums) == len(page.items)


async def test_holdings_are_those_of_the_moment_whatever_was_posted_when(store: Store) -> None:
    buy = entry(1, ts_event=Nanos(10))
    after = entry(2, ts_event=Nanos(30), position=Decimal("0.002"), cost=Decimal(200))
    late = entry(3, ts_event=Nanos(20), position=Decimal("0.003"), cost=Decimal(300))
    flat = entry(4, participant_id=OTHER, position=ZERO, cost=ZERO, ts_event=Nanos(5))
    short = entry(
        5,
        symbol="ETH",
        ts_event=Nanos(15),
        cash=Decimal("99.75"),
        inventory=Decimal(-100),
        quantity=Decimal(-1),
        position=Decimal(-1),
    )
    short = replace(short, cost=Decimal(100))
    await fill(store, buy, after, late, flat, short, entry(6, symbol="", kind=EntryKind.SETTLEMENT))

    def held(position: str, at_cost: int, symbol: str = SYMBOL) -> LedgerHolding:
        return LedgerHolding(
            participant_id=ACME,
            symbol=symbol,
            position=Decimal(position),
            inventory=Decimal(at_cost),
        )

    async with store.reading() as unit:
        ledger = unit.ledger
        # The fill at 30 was posted before the one at 20, and is taken out again.
        both = (held("0.002", 200), held("-1", -100, "ETH"))
        assert await ledger.holdings(Nanos(25), 9) == both
        assert await ledger.holdings(Nanos(25), 2) == (held("0.001", 100),)
        assert await ledger.holdings(Nanos(10), 9) == ()
        assert len(await ledger.holdings(Nanos(99), 9, ACME)) == 2
        assert await ledger.holdings(Nanos(99), 9, OTHER) == ()
        assert await ledger.holdings(Nanos(99), 9, named("nobody")) == ()


async def test_a_watermark_is_read_while_others_post_and_nothing_comes_below_it(
    store: Store,
) -> None:
    await fill(store, entry(1))
    found: list[int] = []
    async with store.transaction() as posting:
        await posting.ledger.post([entry(2)])
        async with store.reading() as reading, asyncio.timeout(120):
            found.append(await reading.ledger.head())
    async with store.reading() as reading:
        found.append(await reading.ledger.head())
    assert found == [1, 2]
