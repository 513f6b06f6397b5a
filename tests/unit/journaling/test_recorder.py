"""The recorder: in order, once, and one bad note hurts no other."""

from contextlib import asynccontextmanager

import pytest

from market_maker.journaling.audit import AuditEntry
from market_maker.journaling.outgoing import RISK_TRIGGERED, STATE_CHANGED
from market_maker.journaling.record_request import RecordRequest
from market_maker.model.actions import RecordFill, RecordState
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.records import Criteria
from market_maker.telemetry.tracing import tracing
from tests.support.office import ANN, PATIENCE_S, SYMBOL, Office, at_work, database

pytestmark = pytest.mark.anyio


class Forgetful:
    """A store whose commits succeed and are not reported, while it says so."""

    def __init__(self, store) -> None:
        self._store = store
        self.deaf = 0

    async def commit(self, work):
        async with self.transaction() as unit:
            return await work(unit)

    @asynccontextmanager
    async def transaction(self):
        async with self._store.transaction() as unit:
            yield unit
        if self.deaf:
            self.deaf -= 1
            raise StoreUnavailableError("the answer to COMMIT was lost")

    def reading(self):
        return self._store.reading()

    def glimpse(self):
        return self._store.glimpse()


def note(office: Office, state: str, reason: str, **more) -> RecordRequest:
    move = RecordState(office.clock.now(), PoolState(state), "guard", reason)
    return RecordRequest(office.pools.instrument(SYMBOL), 1, move, **more)


def fill_of_nobody(office: Office) -> RecordRequest:
    fill = RecordFill(office.clock.now(), 99, 1, "nobody", Side.BUY, 0, 10, 1, 0, 0)
    return RecordRequest(office.pools.instrument(SYMBOL), 1, fill)


async def stored(office: Office) -> list[tuple[str, str]]:
    async with office.store.reading() as unit:
        page = await unit.states.page(SYMBOL, 100)
    return [(row.state, row.reason) for row in reversed(page.items)]


async def test_moves_are_stored_in_the_order_in_which_they_happened(office: Office) -> None:
    await office.pool()
    for number in range(5):
        office.recorder.put(note(office, "PAUSED", str(number)))
    assert office.recorder.backlog == 5
    assert await office.recorder.flushed(PATIENCE_S)
    assert await stored(office) == [("PAUSED", str(number)) for number in range(5)]
    assert office.recorder.backlog == 0


async def test_a_halt_is_a_state_change_and_a_risk_trigger(office: Office) -> None:
    await office.pool()
    office.recorder.put(note(office, "HALTED", "reject storm"))
    assert await office.recorder.flushed(PATIENCE_S)
    async with office.store.transaction() as unit:
        events = await unit.outbox.claim(office.clock.now(), 10**9, 10)
    assert [event.topic for event in events] == [STATE_CHANGED, RISK_TRIGGERED]
    assert {event.key for event in events} == {SYMBOL}
    assert b'"reason":"reject storm"' in events[1].payload


@pytest.mark.thorough
async def test_a_commit_whose_answer_was_lost_is_not_done_twice() -> None:
    async with database() as real:
        store = Forgetful(real)
        async with at_work(store) as office:
            await office.pool()
            store.deaf = 1
            office.recorder.put(note(office, "PAUSED", "once"))
            assert await office.recorder.flushed(PATIENCE_S)
            assert await stored(office) == [("PAUSED", "once")]
            assert office.recorder.quarantined == 0


async def test_one_bad_note_is_set_aside_and_the_others_are_stored(office: Office) -> None:
    await office.pool()
    office.recorder.put(note(office, "PAUSED", "before"))
    office.recorder.put(fill_of_nobody(office))
    office.recorder.put(note(office, "PAUSED", "after"))
    assert await office.recorder.flushed(PATIENCE_S)
    assert await stored(office) == [("PAUSED", "before"), ("PAUSED", "after")]
    (bad,) = office.recorder.quarantine
    assert isinstance(bad.note.what, RecordFill)


@pytest.mark.thorough
async def test_a_fill_is_stored_under_the_name_and_account_that_it_carries(
    office: Office,
) -> None:
    await office.quoting()
    venue = office.venues[SYMBOL]
    number = min(venue.open)
    venue.fill(number)
    await office.passes(50)
    assert await office.recorder.flushed(PATIENCE_S)
    async with office.store.reading() as unit:
        (stored,) = (await unit.fills.page(Criteria(symbol=SYMBOL), 10)).items
    placed = venue.places[number]
    assert placed.client_order_id.startswith("mm-")
    assert (stored.client_order_id, stored.account_id) == (
        placed.client_order_id,
        placed.account_id,
    )


async def test_the_audit_row_carries_the_trace_of_the_request(office: Office) -> None:
    await office.pool()
    entry = AuditEntry(caller=ANN, action="pool.pause", target=SYMBOL)
    with tracing("ab" * 16):
        given = RecordRequest(None, 0, None, entry)
    office.recorder.put(given)
    assert await office.recorder.flushed(PATIENCE_S)
    async with office.store.reading() as unit:
        rows = await unit.audit.after(0, 100)
    assert (rows[-1].action, rows[-1].trace_id) == ("pool.pause", "ab" * 16)
