"""Versions with their differences, and what happened to a pool, newest first."""

from decimal import Decimal

import pytest

from market_maker.model.errors import ForbiddenError, NotFoundError
from market_maker.model.units import Nanos
from market_maker.operations.pool_events import EventKind
from market_maker.operations.pool_story import MARKS
from tests.support.office import ANN, BOB, PATIENCE_S, SYMBOL, config

pytestmark = pytest.mark.anyio


async def test_versions_name_what_changed_and_what_loosens(office):
    application = office.application
    await application.pools.put(ANN, config())
    wider = config(max_pool_loss_usdt=Decimal(9_000), gamma=Decimal("0.2"))
    await application.pools.put(BOB, wider)
    second, first = await application.story.versions(SYMBOL)
    assert (first.version, first.by) == (1, "ann")
    assert all(change.before is None for change in first.changed)
    assert (second.version, second.by) == (2, "bob")
    changed = {change.field: (change.after, change.loosens) for change in second.changed}
    assert changed == {"gamma": ("0.2", False), "max_pool_loss_usdt": ("9000", True)}


async def test_an_old_version_is_there_in_full(office):
    application = office.application
    await application.pools.put(ANN, config())
    await application.pools.put(ANN, config(gamma=Decimal("0.3")))
    found = await application.story.version(SYMBOL, 1)
    assert found.config.gamma == config().gamma
    with pytest.raises(NotFoundError):
        await application.story.version(SYMBOL, 99)
    with pytest.raises(NotFoundError):
        await application.story.versions("NOPE-PERP")


async def test_events_are_listed_newest_first(office):
    (member, _) = await office.quoting()
    application = office.application
    with pytest.raises(ForbiddenError):
        await application.pools.put(ANN, config(max_pool_loss_usdt=Decimal(99_000)))
    await application.controls.kill(ANN, "drill", SYMBOL)
    await application.alerts.step({})
    (alert,) = application.alerts.holding()
    await application.alerts.acknowledge(BOB, str(alert.id), "a drill")
    await office.recorder.flushed(PATIENCE_S)
    events = await application.story.events(SYMBOL, Nanos(0), Nanos(office.clock.now() + 1))
    assert [event.ts for event in events] == sorted((e.ts for e in events), reverse=True)
    found = {event.kind for event in events}
    assert found == set(EventKind) - {EventKind.RESTART, EventKind.REBALANCE}
    texts = [event.text for event in events]
    assert any(text.startswith("configuration, version 1") for text in texts)
    assert any(text == f"member.add: {member}" for text in texts)
    assert any("HALTED: drill" in text for text in texts)
    assert any(text.startswith("acknowledged: ") for text in texts)
    refused = next(event for event in events if event.kind is EventKind.REFUSED)
    assert "max_pool_loss_usdt" in refused.text
    assert await application.story.events(SYMBOL, Nanos(0), Nanos(1)) == ()


async def test_moves_halts_and_changes_are_marks_in_order(office):
    since = office.clock.now()
    (member, _) = await office.quoting()
    application = office.application
    await application.pools.put(BOB, config())
    await application.controls.kill(ANN, "drill", SYMBOL)
    await office.recorder.flushed(PATIENCE_S)
    until = Nanos(office.clock.now() + 1)
    marks = await application.story.marks(SYMBOL, since, until)
    assert [mark.ts for mark in marks] == sorted(mark.ts for mark in marks)
    assert {mark.kind for mark in marks} == {*MARKS} - {EventKind.RESTART}
    assert f"member.add: {member}" in [mark.text for mark in marks]
    halt = next(mark for mark in marks if mark.kind is EventKind.HALT)
    assert (halt.by, halt.text) == ("ann", "HALTED: drill")
    assert await application.story.marks(SYMBOL, until, until) == ()
