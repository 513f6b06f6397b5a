"""One rule for every door: what was last in force is loosened by risk alone, and a halt outlives
its pool."""

from decimal import Decimal

import pytest

from market_maker.execution.alarms import SERVICE
from market_maker.model.caller import Caller, Role
from market_maker.model.errors import (
    ConflictError,
    ForbiddenError,
    IllegalTransitionError,
    InvalidFieldError,
)
from market_maker.model.loosening import (
    LOOSENED_BY_LESS,
    LOOSENED_BY_MORE,
    LOOSENED_BY_MORE_OR_OFF,
    LOOSENED_BY_OFF,
    loosened_limits,
)
from market_maker.model.participant import Enrolment, ParticipantCommand
from market_maker.model.pool import PoolConfig
from market_maker.operations.halt_reviews import Review
from market_maker.operations.memberships import MemberChange
from market_maker.operations.views import PoolStatus
from tests.support.office import ANN, BOB, SYMBOL, Office, config, member, new_office

pytestmark = pytest.mark.anyio

EVE = Caller("eve", (Role.RISK,), "t3")


@pytest.mark.thorough
async def test_a_halt_outlives_deletion_and_creation_of_its_pool(office: Office) -> None:
    (name,) = await office.quoting(weights=(50,))
    await office.application.controls.kill(ANN, "seems wrong")
    await office.application.controls.remove(ANN, SYMBOL)
    await office.application.pools.put(ANN, config())
    await office.application.members.add(ANN, SYMBOL, member(name, 50))
    assert (await office.application.controls.status(SYMBOL)).review_needed
    for _ in range(2):
        with pytest.raises(IllegalTransitionError, match="seems wrong"):
            await office.application.controls.enable(ANN, SYMBOL)
        with pytest.raises(ForbiddenError, match="only risk"):
            await office.application.controls.resume(ANN, SYMBOL)
    assert (await office.application.controls.resume(BOB, SYMBOL)).state is PoolStatus.ACTIVE


async def test_the_limits_last_in_force_outlive_a_pool(office: Office) -> None:
    await office.pool(max_pool_position_usdt=Decimal(60_000))
    await office.application.controls.remove(ANN, SYMBOL)
    looser = config(max_pool_position_usdt=Decimal(50_000_000))
    with pytest.raises(ForbiddenError, match="max_pool_position_usdt"):
        await office.application.pools.put(ANN, looser)
    await office.application.pools.put(ANN, config(max_pool_position_usdt=Decimal(30_000)))
    await office.application.controls.remove(ANN, SYMBOL)
    with pytest.raises(ForbiddenError, match="max_pool_position_usdt"):
        await office.application.pools.put(ANN, config(max_pool_position_usdt=Decimal(60_000)))
    view, new = await office.application.pools.put(BOB, looser)
    assert new
    assert view.config.max_pool_position_usdt == 50_000_000


async def test_an_operator_lowers_a_member_and_only_risk_raises_it(office: Office) -> None:
    name, _ = await office.pool()
    change = office.application.members.change
    raised = (
        MemberChange(max_loss_usdt=Decimal(900)),
        MemberChange(capital_weight_pct=Decimal(60)),
        MemberChange(position_limit_usdt=Decimal(30_000)),
    )
    for each in raised:
        with pytest.raises(ForbiddenError, match="only risk"):
            await change(ANN, SYMBOL, name, each)
    await change(ANN, SYMBOL, name, MemberChange(max_loss_usdt=Decimal(100)))
    with pytest.raises(ForbiddenError, match="max_loss_usdt"):
        await change(ANN, SYMBOL, name, MemberChange(max_loss_usdt=Decimal(800)))
    for each in raised:
        await change(BOB, SYMBOL, name, each)


async def test_a_member_comes_back_with_no_more_than_it_had(office: Office) -> None:
    name, _ = await office.pool()
    more = member(name, weight=50, loss=9_000)
    await office.application.members.remove(ANN, SYMBOL, name)
    with pytest.raises(ForbiddenError, match="max_loss_usdt"):
        await office.application.members.add(ANN, SYMBOL, more)
    await office.application.controls.remove(ANN, SYMBOL)
    await office.application.pools.put(ANN, config())
    with pytest.raises(ForbiddenError, match="max_loss_usdt"):
        await office.application.members.add(ANN, SYMBOL, more)
    await office.application.members.add(ANN, SYMBOL, member(name, weight=50))
    with pytest.raises(ForbiddenError):
        await office.application.members.change(
            ANN, SYMBOL, name, MemberChange(max_loss_usdt=Decimal(9_000))
        )


async def test_an_account_that_is_enrolled_again_has_no_more_than_it_had(office: Office) -> None:
    name, _ = await office.pool()
    people = office.application.participants
    before = await people.get(name)
    await people.command(ANN, name, ParticipantCommand.TERMINATE)
    terms = {
        field: getattr(before, field)
        for field in Enrolment.__struct_fields__
        if field != "enrolled_by"
    }
    more = {
        "initial_margin_usdt": before.initial_margin_usdt + 1,
        "max_drawdown_pct": before.max_drawdown_pct + 1,
    }
    for field, value in more.items():
        with pytest.raises(ForbiddenError, match=field):
            await people.enroll(ANN, Enrolment(**terms | {field: value}))
    again = await people.enroll(ANN, Enrolment(**terms))
    await people.command(ANN, again.participant_id, ParticipantCommand.ACTIVATE)
    with pytest.raises(ForbiddenError, match="max_loss_usdt"):
        await office.application.members.add(
            ANN, SYMBOL, member(again.participant_id, weight=50, loss=9_000)
        )
    await office.application.members.add(ANN, SYMBOL, member(again.participant_id, weight=50))
    await people.command(ANN, again.participant_id, ParticipantCommand.TERMINATE)
    await people.enroll(BOB, Enrolment(**terms | more))


@pytest.mark.parametrize("washed", [(), (ParticipantCommand.SUSPEND,)])
async def test_only_risk_activates_a_participant_that_a_limit_stopped(
    office: Office, washed
) -> None:
    (name,) = await office.pool(weights=(50,))
    people = office.application.participants
    await people.command(SERVICE, name, ParticipantCommand.SUSPEND, "drawdown limit exceeded: 21")
    for command in washed:
        await people.command(ANN, name, command)
    with pytest.raises(ForbiddenError, match=r"only risk may activate .*drawdown"):
        await people.command(ANN, name, ParticipantCommand.ACTIVATE)
    await people.command(BOB, name, ParticipantCommand.ACTIVATE)
    await people.command(ANN, name, ParticipantCommand.SUSPEND)
    await people.command(ANN, name, ParticipantCommand.ACTIVATE)


async def test_a_limit_that_stopped_an_account_outlives_its_participant(office: Office) -> None:
    (name,) = await office.pool(weights=(50,))
    people = office.application.participants
    await people.command(SERVICE, name, ParticipantCommand.SUSPEND, "drawdown limit exceeded: 21")
    before = await people.get(name)
    await people.command(ANN, name, ParticipantCommand.TERMINATE)
    terms = {field: getattr(before, field) for field in Enrolment.__struct_fields__}
    again = await people.enroll(ANN, Enrolment(**terms))
    with pytest.raises(ForbiddenError, match="only risk may activate"):
        await people.command(ANN, again.participant_id, ParticipantCommand.ACTIVATE)
    await people.command(BOB, again.participant_id, ParticipantCommand.ACTIVATE)


LOOSER = {
    **dict.fromkeys(LOOSENED_BY_MORE, 1),
    **dict.fromkeys(LOOSENED_BY_MORE_OR_OFF, 1),
    **dict.fromkeys(LOOSENED_BY_LESS, -1),
}


@pytest.mark.parametrize("name", LOOSER)
def test_each_limit_is_loosened_in_its_own_direction(name) -> None:
    bounded = dict.fromkeys(LOOSENED_BY_MORE_OR_OFF, 50)
    before = PoolConfig(symbol=SYMBOL, **bounded)
    value = getattr(before, name) + LOOSER[name]
    tighter = getattr(before, name) - LOOSER[name]
    assert loosened_limits(before, PoolConfig(symbol=SYMBOL, **bounded | {name: value})) == (name,)
    assert loosened_limits(before, PoolConfig(symbol=SYMBOL, **bounded | {name: tighter})) == ()
    if name in LOOSENED_BY_MORE_OR_OFF:
        off = PoolConfig(symbol=SYMBOL, **bounded | {name: 0})
        assert loosened_limits(before, off) == (name,)
        assert loosened_limits(off, before) == ()


@pytest.mark.parametrize("name", LOOSENED_BY_OFF)
def test_a_check_that_is_turned_off_is_loosened(name) -> None:
    on, off = (PoolConfig(symbol=SYMBOL, **{name: on}) for on in (True, False))
    assert (loosened_limits(on, off), loosened_limits(off, on)) == ((name,), ())


# reviews


async def test_a_typed_name_is_nobodys_review(office: Office) -> None:
    await office.quoting()
    await office.application.controls.kill(ANN)
    with pytest.raises(ConflictError, match=r"no review by them .*/review"):
        await office.application.controls.resume(
            BOB, SYMBOL, Review(reviewed_by="ghost", note="fine")
        )


async def test_a_review_counts_that_another_person_recorded_since_the_halt() -> None:
    async with new_office(halt_review=True) as office:
        await office.quoting(market_data_halt_seconds=1)
        controls = office.application.controls
        with pytest.raises(IllegalTransitionError, match="review a halt"):
            await controls.review(EVE, SYMBOL, "nothing to see")
        await controls.kill(ANN, "seems wrong")
        with pytest.raises(ConflictError, match="does not review it"):
            await controls.review(ANN, SYMBOL, "all well")
        await controls.review(EVE, SYMBOL, "a fat finger")
        with pytest.raises(ConflictError, match="no review by them"):
            await controls.resume(BOB, SYMBOL, Review(reviewed_by="mallory", note="x"))
        await controls.resume(BOB, SYMBOL, Review(reviewed_by="eve", note="as she said"))
        await office.passes(10)
        await controls.kill(ANN, "again")
        with pytest.raises(InvalidFieldError, match="reviewed_by"):
            await controls.resume(BOB, SYMBOL)
        await controls.review(EVE, SYMBOL, "checked again")
        await controls.resume(BOB, SYMBOL)
        assert "reviewed by eve: checked again" in (await controls.status(SYMBOL)).reason
        assert ("eve", "pool.review", SYMBOL, "done") in await office.audit()


async def test_a_halt_by_a_guard_takes_two_persons() -> None:
    async with new_office(halt_review=True) as office:
        await office.quoting(market_data_halt_seconds=1)
        controls = office.application.controls
        office.venues[SYMBOL].silent = True
        await office.until(lambda: office.engine_host.get(SYMBOL).state == "HALTED")
        office.venues[SYMBOL].silent = False
        await office.passes(300)
        with pytest.raises(ConflictError, match="the only review is yours"):
            await controls.resume(BOB, SYMBOL, Review(reviewed_by="bob", note="fine"))
        await controls.review(BOB, SYMBOL, "fine")
        with pytest.raises(InvalidFieldError, match="reviewed_by"):
            await controls.resume(BOB, SYMBOL)
        assert (await controls.resume(EVE, SYMBOL)).state is PoolStatus.ACTIVE
