"""Estimates are used only by an engine of the same program and configuration, and while fresh."""

import pytest
from msgspec import structs

from market_maker.engine.learnt import Learnt
from market_maker.execution.recovery import pool_start
from market_maker.model.errors import InvalidDataError
from market_maker.model.units import Nanos
from market_maker.serving.handed_estimates import AGE_MAX, basis_of, handed, taken
from tests.support.office import SYMBOL, at_work, database

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world():
    async with database() as store, at_work(store) as office:
        await office.quoting()
        runner = office.engine_host.get(SYMBOL)
        start = await pool_start(store, runner.instrument, office.clock.now())
        yield office, runner, start


async def test_what_was_learnt_is_taken_while_it_is_fresh(world):
    office, runner, start = world
    now = office.clock.now()
    estimates = handed(runner, now)
    for age in (0, AGE_MAX):
        learnt, problem = taken(estimates, start, Nanos(now + age))
        assert isinstance(learnt, Learnt)
        assert problem == ""
        assert learnt.volatility.count == runner.snapshot().samples[0]


@pytest.mark.parametrize(("age", "words"), [(AGE_MAX + 1, "10.0 s old"), (-1, "-0.0 s old")])
async def test_old_ones_and_such_from_the_future_are_not(world, age, words):
    office, runner, start = world
    now = office.clock.now()
    learnt, problem = taken(handed(runner, now), start, Nanos(now + age))
    assert learnt is None
    assert words in problem


async def test_those_of_another_configuration_are_not_but_members_do_not_matter(world):
    office, runner, start = world
    now = office.clock.now()
    estimates = handed(runner, now)
    fewer = structs.replace(start.config, members=start.config.members[:1], version=7)
    other = structs.replace(start.config, vol_lookback_seconds=77)
    assert taken(estimates, structs.replace(start, config=fewer), now)[0] is not None
    learnt, problem = taken(estimates, structs.replace(start, config=other), now)
    assert (learnt, problem) == (None, "they are of another configuration or program")
    coarser = structs.replace(start.instrument, tick_size=start.instrument.tick_size * 2)
    assert basis_of(coarser, start.config) != estimates.basis


async def test_an_engine_that_does_not_see_its_market_hands_nothing_over(world):
    office, runner, start = world
    office.venues[SYMBOL].silent = True
    await office.until(lambda: not runner.sighted)
    assert handed(runner, office.clock.now()) is None
    assert taken(None, start, office.clock.now()) == (None, "there are none")


async def test_what_cannot_be_read_is_refused(world):
    office, runner, start = world
    now = office.clock.now()
    damaged = structs.replace(handed(runner, now), learnt=b"\x80\x05nothing")
    with pytest.raises(InvalidDataError, match=f"estimates of {SYMBOL}"):
        taken(damaged, start, now)
