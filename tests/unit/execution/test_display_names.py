"""What a participant is called is asked once, and again after it changed."""

import pytest
from msgspec import structs

from market_maker.execution.display_names import DisplayNames
from market_maker.operations.overview import Overview
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


async def test_a_former_member_with_a_position_has_its_name_after_a_restart(office: Office) -> None:
    """Its row was there, with an empty name."""
    members = await office.holding()
    for each in members:
        await office.application.members.remove(ANN, SYMBOL, each)
    await office.begun_anew()
    pools = structs.replace(office.pools, names=DisplayNames())
    seen = (await Overview(office.store, pools).status(SYMBOL)).members
    assert seen
    for each in seen:
        assert each.stopped == "no member any more"
        assert each.display_name == f"{SYMBOL}-{members.index(each.participant_id)}"
