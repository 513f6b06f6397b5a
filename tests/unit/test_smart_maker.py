"""A symbol that is started by name is a pool of one, and is shown in the document's words."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.api.maker import issues_of, risk_of, status_of
from market_maker.model.errors import (
    ConflictError,
    ForbiddenError,
    InvalidFieldError,
    NotFoundError,
)
from market_maker.operations.maker_defaults import MakerDefaults
from market_maker.risk.guards import LOSS, MARKET_DATA, POSITION
from market_maker.smart_maker import MakerStart, SmartMaker
from tests.support.office import ANN, BOB, OTHER, SYMBOL, config

pytestmark = pytest.mark.anyio


@pytest.fixture
def maker(office):
    return SmartMaker(office.application)


async def test_a_start_makes_a_pool_of_one_with_the_documented_limits(office, maker):
    await maker.start(ANN, MakerStart(SYMBOL, max_position=Decimal("0.5")))
    pool = (await office.application.pools.get(SYMBOL)).config
    members = await office.application.members.of_pool(SYMBOL)
    assert (pool.strategy, pool.strategy_params["base_spread_bps"]) == ("smart", 20.0)
    assert pool.max_pool_loss_usdt == 500
    assert [member.capital_weight_pct for member in members] == [Decimal(100)]
    shown = status_of(await maker.status(SYMBOL), office.clock.now())
    assert (shown.symbol, shown.status) == (SYMBOL, "active")


@pytest.mark.thorough
async def test_started_twice_it_is_one_pool_with_one_member(office, maker):
    wanted = MakerStart(SYMBOL, max_position=Decimal("0.5"))
    await maker.start(ANN, wanted)
    await maker.start(ANN, wanted)
    assert len(await office.application.members.of_pool(SYMBOL)) == 1


async def test_a_stop_pauses_and_a_start_quotes_again(office, maker):
    wanted = MakerStart(SYMBOL, max_position=Decimal("0.5"))
    await maker.start(ANN, wanted)
    await maker.stop(ANN, SYMBOL)
    assert status_of(await maker.status(SYMBOL), office.clock.now()).status == "stopped"
    await office.until(lambda: not office.engine_host.get(SYMBOL).unconfirmed)
    stopped = status_of(await maker.status(SYMBOL), office.clock.now())
    assert stopped.current_quotes is None  # neither side has an order
    await maker.start(ANN, wanted)
    assert [pool.symbol for pool in await maker.all()] == [SYMBOL]


async def test_a_symbol_with_a_pool_of_many_is_left_alone(office, maker):
    await office.application.pools.put(ANN, config())
    with pytest.raises(ConflictError, match="another strategy"):
        await maker.start(ANN, MakerStart(SYMBOL))
    with pytest.raises(NotFoundError):
        await maker.status(SYMBOL)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"max_position": Decimal(0)}, "max_position"),
        ({"max_loss": Decimal(500)}, "max_loss"),
        ({"base_spread": Decimal(20)}, "base_spread"),
    ],
)
async def test_a_limit_of_the_wrong_sign_or_unit_is_refused_by_name(maker, fields, field):
    with pytest.raises(InvalidFieldError) as caught:
        await maker.start(ANN, MakerStart(SYMBOL, **fields))
    assert caught.value.field == field


async def test_what_was_never_started_is_not_there(maker):
    with pytest.raises(NotFoundError):
        await maker.status(OTHER)


async def test_within_its_limits_nothing_is_at_issue(office, maker):
    await maker.start(ANN, MakerStart(SYMBOL, max_position=Decimal("0.5")))
    risk = risk_of(await maker.status(SYMBOL), office.clock.now())
    assert risk is not None
    assert (risk.overall_ok, issues_of(risk)) == (True, ())


async def test_the_file_decides_what_a_start_leaves_out(office):
    usual = MakerDefaults(
        max_position=Decimal("0.5"), base_spread=Decimal("0.001"), max_loss=Decimal(-70)
    )
    maker = SmartMaker(office.application, usual)
    await maker.start(ANN, MakerStart(SYMBOL, max_loss=Decimal(-90)))
    pool = (await office.application.pools.get(SYMBOL)).config
    assert pool.strategy_params["base_spread_bps"] == 10.0
    assert pool.max_pool_loss_usdt == 90
    assert pool.max_drawdown_pct == 10
    assert pool.quote_interval_ms == 1_000


async def test_a_start_by_an_operator_loosens_nothing(office, maker):
    await maker.start(ANN, MakerStart(SYMBOL, max_position=Decimal("0.5")))
    for looser in ({"max_position": Decimal("0.6")}, {"max_loss": Decimal(-501)}):
        with pytest.raises(ForbiddenError, match="only risk may loosen"):
            await maker.start(ANN, MakerStart(SYMBOL, **{"max_position": Decimal("0.5")} | looser))
    await maker.stop(ANN, SYMBOL)
    await office.until(lambda: not office.engine_host.get(SYMBOL).unconfirmed)
    await office.application.controls.remove(ANN, SYMBOL)
    with pytest.raises(ForbiddenError, match="max_pool_position_usdt"):
        await maker.start(ANN, MakerStart(SYMBOL, max_position=Decimal("0.6")))
    await maker.start(BOB, MakerStart(SYMBOL, max_position=Decimal("0.6")))


async def test_a_start_by_an_operator_lifts_no_halt(office, maker):
    wanted = MakerStart(SYMBOL, max_position=Decimal("0.5"))
    await maker.start(ANN, wanted)
    await office.application.controls.kill(ANN, "odd fills")
    with pytest.raises(ForbiddenError, match="only risk may resume"):
        await maker.start(ANN, wanted)
    await office.until(lambda: not office.engine_host.get(SYMBOL).unconfirmed)
    await office.application.controls.remove(ANN, SYMBOL)
    with pytest.raises(ForbiddenError, match="only risk may resume"):
        await maker.start(ANN, wanted)
    await maker.start(BOB, wanted)
    assert status_of(await maker.status(SYMBOL), office.clock.now()).status == "active"


async def limits(office):
    """Of the pool, of its one member, and of the house."""
    application = office.application
    pool = (await application.pools.get(SYMBOL)).config
    (member,) = await application.members.of_pool(SYMBOL)
    house = await application.participants.get(member.participant_id)
    return (
        (pool.max_pool_position_usdt, pool.max_pool_loss_usdt, pool.min_spread_bps),
        (member.position_limit_usdt, member.max_loss_usdt),
        house.initial_margin_usdt,
    )


@pytest.mark.parametrize("size", ["0.2", "0.5"])
async def test_a_start_that_loosens_one_limit_is_refused_and_tightens_none(office, maker, size):
    await maker.start(ANN, MakerStart(SYMBOL, max_position=Decimal("0.5")))
    before = await limits(office)
    looser = MakerStart(SYMBOL, max_position=Decimal(size), max_loss=Decimal(-501))
    with pytest.raises(ForbiddenError, match="only risk may loosen"):
        await maker.start(ANN, looser)
    assert await limits(office) == before


async def test_a_start_that_may_not_lift_a_halt_changes_no_limit(office, maker):
    await maker.start(ANN, MakerStart(SYMBOL, max_position=Decimal("0.5")))
    before = await limits(office)
    await office.application.controls.kill(ANN, "odd fills")
    with pytest.raises(ForbiddenError, match="only risk may resume"):
        await maker.start(ANN, MakerStart(SYMBOL, max_position=Decimal("0.2")))
    assert await limits(office) == before


@pytest.mark.parametrize("size", ["0.2", "0.6"])
async def test_a_start_that_a_stop_overtakes_leaves_the_limits_as_they_were(office, maker, size):
    await maker.start(BOB, MakerStart(SYMBOL, max_position=Decimal("0.5")))
    await maker.stop(ANN, SYMBOL)
    await office.until(lambda: not office.engine_host.get(SYMBOL).unconfirmed)
    before = await limits(office)
    with (
        office.engine_host.stops.carried_out(SYMBOL),
        pytest.raises(ConflictError, match="a stop is being carried out"),
    ):
        await maker.start(BOB, MakerStart(SYMBOL, max_position=Decimal(size)))
    assert await limits(office) == before


@pytest.mark.parametrize(
    ("name", "issue"),
    [
        (POSITION, "Position limit exceeded"),
        (LOSS, "Loss limit exceeded"),
        (MARKET_DATA, "Exposure limit exceeded"),
    ],
)
async def test_each_limit_that_is_exceeded_is_named_in_the_documents_words(
    office, maker, name, issue
):
    await maker.start(ANN, MakerStart(SYMBOL, max_position=Decimal("0.5")))
    await office.passes(100)
    status = await maker.status(SYMBOL)
    guards = tuple(
        replace(guard, headroom=Decimal(-1)) if guard.name == name else guard
        for guard in status.engine.guards
    )
    beyond = replace(status, engine=replace(status.engine, guards=guards))
    risk = risk_of(beyond, office.clock.now())
    assert (risk.overall_ok, issues_of(risk)) == (False, (issue,))


async def test_a_symbol_holds_at_most_max_exposure_of_the_capital(office):
    usual = MakerDefaults(max_exposure=Decimal("0.2"), total_capital=Decimal(50_000))
    maker = SmartMaker(office.application, usual)
    await maker.start(ANN, MakerStart(SYMBOL))
    pool = (await office.application.pools.get(SYMBOL)).config
    assert pool.max_pool_position_usdt == maker.exposure_usdt == 10_000
    await office.passes(100)
    status, now = await maker.status(SYMBOL), office.clock.now()
    held = next(guard for guard in status.engine.guards if guard.name == POSITION)
    assert risk_of(status, now, held.value).exposure_ok
    beyond = risk_of(status, now, held.value - 1)
    assert (beyond.exposure_ok, beyond.position_ok, beyond.overall_ok) == (False, True, False)
    assert issues_of(beyond) == ("Exposure limit exceeded",)


async def test_the_limits_of_a_later_start_are_in_force(office, maker):
    for size in ("0.5", "0.2", "0.6"):
        await maker.start(
            BOB, MakerStart(SYMBOL, max_position=Decimal(size), max_loss=-Decimal(90))
        )
        await office.passes(100)
        config = office.engine_host.get(SYMBOL).config
        (member,) = config.members
        assert member.position_limit_usdt == config.max_pool_position_usdt
        assert member.max_loss_usdt == config.max_pool_loss_usdt == 90
