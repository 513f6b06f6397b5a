"""Proved is said only when the venue was asked after the stop."""

import pytest

from market_maker.operations.pool_proof import pool_proof
from tests.support.office import ANN, SYMBOL

pytestmark = pytest.mark.anyio


def proof_of(office):
    return pool_proof(office.engine_host.get(SYMBOL), "sandbox")


async def test_a_pool_that_quotes_is_not_proved(office):
    await office.quoting()
    found = proof_of(office)
    assert not found.proved
    assert "ACTIVE" in found.detail


async def test_an_answer_from_before_the_stop_proves_nothing(office):
    await office.quoting()
    office.venues[SYMBOL].mute = True
    await office.application.controls.pause(ANN, SYMBOL)
    await office.passes(1_000)
    found = proof_of(office)
    assert not found.proved
    assert found.detail
    assert (found.proved_at, found.asked) == (None, ())
    office.venues[SYMBOL].mute = False
    await office.until(lambda: proof_of(office).proved)
    found = proof_of(office)
    assert (found.detail, found.listed, found.open_orders, found.foreign_orders) == ("", 0, 0, 0)
    assert found.looks_in_a_row >= found.looks_wanted
    assert found.last_look is not None
    assert found.pulled_at is not None
    assert found.last_look > found.pulled_at
    assert (found.venue, found.proved_at in {each.ts for each in found.asked}) == ("sandbox", True)
