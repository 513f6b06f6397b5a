"""What was done to the audit log behind the service's back is found, on both databases."""

import asyncio
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import Executable, delete, insert, text, update

from market_maker.clocks import SimClock
from market_maker.journaling.anchors import CHECKS_MAX, Anchorer, AnchorFile
from market_maker.journaling.audit import Anchor, AuditEntry, AuditTrail, ChainFlaw, hash_of, verify
from market_maker.model.caller import Caller, Role
from market_maker.model.errors import InvalidDataError
from market_maker.model.records import AuditRecord
from market_maker.model.units import Nanos
from market_maker.ports import Store, Unit
from market_maker.storage.database import Database
from market_maker.storage.tables import audit_log
from market_maker.storage.types import SQLITE
from tests.unit.telemetry.lines import NO_LOG, Lines

pytestmark = pytest.mark.anyio

JANE = Caller("ops-jane", (Role.OPERATOR,), "token-1")
RECORDS = 9
CHANGED = "was changed after it was written"
DISCONTINUED = "does not follow the record before it"
REPLACED = "is not the record that was anchored: it, or one before it, was replaced"


def entry(number: int) -> AuditEntry:
    return AuditEntry(
        caller=JANE,
        action="pool.pause",
        target=f"SYMBOL{number}",
        before={"state": "ACTIVE"},
        after={"state": "PAUSED"},
        reason="lunch",
    )


class Log:
    """A log with some records, anchored in the middle and at the end."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store, self.clock = store, SimClock(Nanos(1_000))
        self.trail = AuditTrail(store, self.clock)
        self.file = AnchorFile(path / "anchors.jsonl")
        self.anchorer = Anchorer(store, self.file, self.clock, NO_LOG, self.trail)

    async def fill(self) -> None:
        await self.anchorer.step()
        for number in range(1, RECORDS + 1):
            self.clock.sleep(Nanos(10))
            async with self.store.transaction() as unit:
                await self.trail.append(unit, entry(number))
            if number in {5, RECORDS}:
                await self.anchorer.step()

    async def flaws(self) -> tuple[ChainFlaw, ...]:
        return (await verify(self.store, self.file.read())).flaws

    async def records(self) -> tuple[AuditRecord, ...]:
        async with self.store.reading() as unit:
            return await unit.audit.after(0, 1_000)


@pytest.fixture
async def log(store: Store, tmp_path: Path) -> Log:
    log = Log(store, tmp_path)
    await log.fill()
    return log


async def behind_the_back(database: Database, *statements: Executable) -> None:
    """As the owner of the database, who can drop what guards the table."""
    async with database.writer.begin() as connection:
        if connection.dialect.name == SQLITE:
            for event in ("update", "delete"):
                await connection.execute(text(f"DROP TRIGGER audit_log_no_{event}"))
        else:
            await connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER ALL"))
        for statement in statements:
            await connection.execute(statement)


def edit(at: int, **values: object) -> Executable:
    return update(audit_log).where(audit_log.c.seq == at).values(**values)


def remove(first: int, last: int = RECORDS) -> Executable:
    return delete(audit_log).where(audit_log.c.seq.between(first, last))


async def test_an_untouched_log_has_no_flaw(log: Log) -> None:
    verdict = await verify(log.store, log.file.read())
    assert (verdict.head, verdict.anchors, verdict.flaws) == (RECORDS, 3, ())


@pytest.mark.parametrize("column", ["subject", "roles", "action", "before", "after", "reason"])
async def test_an_edited_record_is_named(log: Log, database: Database, column: str) -> None:
    await behind_the_back(database, edit(4, **{column: "x"}))
    assert await log.flaws() == (ChainFlaw(4, CHANGED),)


async def test_an_edit_with_its_hash_made_anew_is_found_at_the_record_after_it(
    log: Log, database: Database
) -> None:
    record = structs.replace((await log.records())[3], subject="nobody")
    await behind_the_back(database, edit(4, subject="nobody", hash=hash_of(record)))
    assert await log.flaws() == (ChainFlaw(5, DISCONTINUED),)


async def test_a_deleted_record_is_named(log: Log, database: Database) -> None:
    await behind_the_back(database, remove(3, 3))
    assert await log.flaws() == (ChainFlaw(3, "is missing"),)


async def test_the_first_records_deleted_are_named(log: Log, database: Database) -> None:
    await behind_the_back(database, remove(1, 2))
    assert await log.flaws() == (ChainFlaw(1, "is missing, and so are all up to 2"),)


async def test_two_records_swapped_are_both_named(log: Log, database: Database) -> None:
    swap = (edit(3, seq=100), edit(6, seq=3), edit(100, seq=6))
    await behind_the_back(database, *swap)
    flaws = await log.flaws()
    assert [flaw.seq for flaw in flaws if flaw.problem == CHANGED] == [3, 6]


async def test_a_record_deleted_and_the_rest_moved_up_is_found_where_it_stood(
    log: Log, database: Database
) -> None:
    moves = [edit(seq, seq=seq - 1) for seq in range(4, RECORDS + 1)]
    await behind_the_back(database, remove(3, 3), *moves)
    assert (await log.flaws())[0] == ChainFlaw(3, DISCONTINUED)


async def test_a_log_that_was_cut_off_is_found_by_its_anchor(log: Log, database: Database) -> None:
    await behind_the_back(database, remove(7))
    problem = "is missing, and so are all up to 9: the end was cut off"
    assert await log.flaws() == (ChainFlaw(7, problem),)


async def test_an_emptied_log_is_found_by_its_anchor(log: Log, database: Database) -> None:
    await behind_the_back(database, remove(1))
    assert (await log.flaws())[0].seq == 1


async def test_a_chain_written_anew_is_found_by_its_anchors(log: Log, database: Database) -> None:
    forged: list[AuditRecord] = []
    for record in await log.records():
        before = forged[-1].hash if forged else ""
        lie = "nobody" if record.seq == 4 else record.subject
        draft = structs.replace(record, subject=lie, prev_hash=before)
        forged.append(structs.replace(draft, hash=hash_of(draft)))
    rows = [structs.asdict(record) for record in forged]
    await behind_the_back(database, remove(1), insert(audit_log).values(rows))
    assert await log.flaws() == (ChainFlaw(5, REPLACED), ChainFlaw(RECORDS, REPLACED))


async def test_a_cut_log_that_went_on_since_is_found_by_its_anchor(
    log: Log, database: Database
) -> None:
    await behind_the_back(database, remove(7))
    for number in range(20, 26):
        async with log.store.transaction() as unit:
            await log.trail.append(unit, entry(number))
    await log.anchorer.step()
    assert await log.flaws() == (ChainFlaw(RECORDS, REPLACED),)


async def test_a_log_that_got_shorter_raises_the_alarm_at_the_next_anchor(
    log: Log, database: Database
) -> None:
    await behind_the_back(database, remove(7))
    lines = Lines()
    await Anchorer(log.store, log.file, log.clock, lines, log.trail).step()
    assert ("error", "audit log truncated", {"head": 6, "anchored": 9}) in lines.written


async def test_a_log_without_an_anchor_is_not_called_whole(log: Log) -> None:
    verdict = await verify(log.store, ())
    assert [flaw.seq for flaw in verdict.flaws] == [RECORDS]


async def test_the_head_is_anchored_only_when_it_moved(log: Log) -> None:
    await log.anchorer.step()
    await Anchorer(log.store, log.file, log.clock, NO_LOG, log.trail).step()
    assert [anchor.seq for anchor in log.file.read()] == [0, 5, RECORDS]


async def test_the_very_last_record_is_missed_as_soon_as_it_was_anchored(
    log: Log, database: Database
) -> None:
    await log.anchorer.keep_up()
    async with log.store.transaction() as unit:
        await log.trail.append(unit, entry(RECORDS + 1))
    assert await log.flaws() == ()
    await log.anchorer.keep_up()
    await behind_the_back(database, remove(RECORDS + 1, RECORDS + 1))
    assert [flaw.seq for flaw in await log.flaws()] == [RECORDS + 1]


async def test_a_record_is_anchored_once_it_is_committed(log: Log) -> None:
    await log.anchorer.keep_up()
    async with log.store.transaction() as unit:
        await log.trail.append(unit, entry(RECORDS + 1))
        await log.anchorer.keep_up()
        assert log.anchorer.head == RECORDS
    await log.anchorer.keep_up()
    assert log.anchorer.head == RECORDS + 1


async def test_a_record_that_was_taken_back_is_not_waited_for(log: Log) -> None:
    async def fail_after_writing(unit: Unit) -> None:
        await log.trail.append(unit, entry(RECORDS + 1))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await log.store.commit(fail_after_writing)
    for _ in range(CHECKS_MAX + 2):
        await log.anchorer.keep_up()
    async with log.store.transaction() as unit:
        await log.trail.append(unit, entry(RECORDS + 1))
    await log.anchorer.keep_up()
    assert log.anchorer.head == RECORDS + 1


async def test_nothing_is_read_while_nothing_is_written(log: Log) -> None:
    await log.anchorer.keep_up()
    log.anchorer._store = None
    await log.anchorer.keep_up()


async def test_a_record_holds_only_if_the_change_it_records_does(log: Log) -> None:
    async def fail_after_writing() -> None:
        async with log.store.transaction() as unit:
            await log.trail.append(unit, entry(99))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_writing()
    assert len(await log.records()) == RECORDS
    assert await log.flaws() == ()


async def test_what_was_refused_is_in_the_log(log: Log) -> None:
    refused = structs.replace(entry(10), result="needs the role risk")
    record = await log.trail.refused(refused)
    assert (await log.records())[-1] == record
    assert (record.result, record.roles, record.after) == (
        "needs the role risk",
        "operator",
        '{"state":"PAUSED"}',
    )
    assert await log.flaws() == ()


async def test_many_who_append_at_once_make_one_whole_chain(log: Log) -> None:
    async def append(number: int) -> None:
        async with log.store.transaction() as unit:
            await work(unit, number)
            await log.trail.append(unit, entry(number))

    async def work(unit: Unit, number: int) -> None:
        await unit.pools.get(f"SYMBOL{number}")
        await asyncio.sleep(0)

    await asyncio.gather(*(append(number) for number in range(40)))
    verdict = await verify(log.store, log.file.read())
    assert (verdict.head, verdict.flaws) == (RECORDS + 40, ())


@pytest.mark.slow
async def test_a_long_log_is_verified_in_pieces(store: Store, tmp_path: Path) -> None:
    log = Log(store, tmp_path)
    async with store.transaction() as unit:
        for number in range(2_050):
            await log.trail.append(unit, entry(number))
    await log.anchorer.step()
    verdict = await verify(store, log.file.read())
    assert (verdict.head, verdict.flaws) == (2_050, ())


def test_a_line_cut_off_by_a_crash_is_dropped_and_the_next_anchor_stands_alone(
    tmp_path: Path,
) -> None:
    file = AnchorFile(tmp_path / "anchors.jsonl")
    anchors = [Anchor(ts=Nanos(n), seq=n, hash=f"{n:064x}") for n in range(3)]
    for anchor in anchors[:2]:
        file.append(anchor)
    path = tmp_path / "anchors.jsonl"
    path.write_bytes(path.read_bytes() + b'{"ts":7,"se')
    assert file.read() == tuple(anchors[:2])
    file.append(anchors[2])
    assert file.read() == tuple(anchors)


def test_a_line_that_is_no_anchor_is_named(tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    AnchorFile(path).append(Anchor(ts=Nanos(1), seq=1, hash="a"))
    path.write_bytes(path.read_bytes() + b"rubbish\n")
    with pytest.raises(InvalidDataError, match=r"anchors\.jsonl, line 2: is not an anchor"):
        AnchorFile(path).read()
