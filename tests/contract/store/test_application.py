"""The desk on each database: who wins when several ask at once."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from market_maker.model.errors import ConflictError, InvalidFieldError
from market_maker.model.participant import ParticipantCommand, ParticipantStatus
from market_maker.ports import Store
from tests.support.office import ANN, BOB, SYMBOL, Office, at_work, config, member

pytestmark = pytest.mark.anyio

ASKING = 50


@pytest.fixture
async def office(store: Store) -> AsyncIterator[Office]:
    async with at_work(store) as opened:
        yield opened


@pytest.mark.slow
async def test_fifty_at_once_never_pass_a_hundred_per_cent(office: Office) -> None:
    await office.application.pools.put(ANN, config())
    names = [await office.participant(f"p{number}") for number in range(ASKING)]
    results = await asyncio.gather(
        *(office.application.members.add(ANN, SYMBOL, member(name, 7)) for name in names),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, InvalidFieldError)]
    assert len(refused) == ASKING - 100 // 7
    assert {error.field for error in refused} == {"capital_weight_pct"}
    views = await office.application.members.of_pool(SYMBOL)
    assert sum(view.capital_weight_pct for view in views) == 7 * (100 // 7)


@pytest.mark.thorough
async def test_of_two_configurations_at_once_one_is_kept_and_the_other_is_refused(
    office: Office,
) -> None:
    await office.pool()
    version = (await office.application.pools.get(SYMBOL)).config.version
    results = await asyncio.gather(
        office.application.pools.replace(ANN, config(gamma=Decimal("0.2")), version),
        office.application.pools.replace(BOB, config(gamma=Decimal("0.3")), version),
        return_exceptions=True,
    )
    assert sum(isinstance(result, ConflictError) for result in results) == 1


@pytest.mark.thorough
async def test_a_pause_and_a_resume_at_once_end_in_a_pause(office: Office) -> None:
    await office.pool()
    for _ in range(5):
        await office.application.controls.enable(ANN, SYMBOL)
        results = await asyncio.gather(
            office.application.controls.resume(ANN, SYMBOL),
            office.application.controls.pause(BOB, SYMBOL),
            return_exceptions=True,
        )
        assert isinstance(results[0], ConflictError)
        assert results[1].state == "PAUSED"


async def test_of_two_moves_of_a_participant_at_once_none_undoes_the_other(
    office: Office,
) -> None:
    name = await office.participant()
    suspended, terminated = await asyncio.gather(
        office.application.participants.command(ANN, name, ParticipantCommand.SUSPEND),
        office.application.participants.command(BOB, name, ParticipantCommand.TERMINATE),
        return_exceptions=True,
    )
    found = await office.application.participants.get(name)
    if isinstance(terminated, ConflictError):
        assert found == suspended
    else:
        assert found == terminated
        assert found.status is ParticipantStatus.TERMINATED


@pytest.mark.thorough
async def test_what_was_done_is_in_state_audit_and_outbox_alike(office: Office) -> None:
    await office.quoting()
    await office.application.controls.kill(BOB, "test")
    async with office.store.reading() as unit:
        (halted, active) = (await unit.states.page(SYMBOL, 10)).items
        audit = await unit.audit.after(0, 1_000)
        backlog = await unit.outbox.backlog()
    assert (halted.state, halted.by, active.state) == ("HALTED", "bob", "ACTIVE")
    assert [row.action for row in audit[-3:]] == [
        "pool.enable",
        "emergency.kill",
        "emergency.kill",
    ]
    assert backlog.waiting == 3
