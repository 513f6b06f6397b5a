"""What a participant is called is asked once, and again after it changed."""

import pytest

from market_maker.execution.display_names import DisplayNames
from market_maker.operations.participants import ParticipantChange
from tests.support.office import ANN, SYMBOL, Office

pytestmark = pytest.mark.anyio


async def test_a_name_is_learned_once_and_one_that_is_none_is_empty(office: Office) -> None:
    acme = await office.participant("Acme")
    names = DisplayNames()
    assert names.of(acme) == ""
    async with office.store.reading() as unit:
        await names.learn(unit, (acme, "nobody"))
    await names.learn(None, (acme, "nobody"))  # asks nothing more
    assert (names.of(acme), names.of("nobody")) == ("Acme", "")


async def test_a_status_has_the_new_name_of_a_member_that_changed_it(office: Office) -> None:
    first, _ = await office.pool()
    controls = office.application.controls
    before = {each.participant_id: each for each in (await controls.status(SYMBOL)).members}
    assert before[first].display_name.startswith(SYMBOL)
    change = ParticipantChange(display_name="Renamed Desk")
    await office.application.participants.change(ANN, first, change)
    after = {each.participant_id: each for each in (await controls.status(SYMBOL)).members}
    assert after[first].display_name == "Renamed Desk"
    (view, _) = sorted(
        await office.application.members.of_pool(SYMBOL),
        key=lambda each: each.participant_id != first,
    )
    assert view.display_name == "Renamed Desk"
