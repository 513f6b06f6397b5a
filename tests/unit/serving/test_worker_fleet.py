"""The fleet: symbols are shared out by a simple rule and stay where they are."""

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.serving.engines_mirror import EnginesMirror
from market_maker.serving.worker_fleet import WorkerFleet
from market_maker.serving.worker_wire import WorkerEnded
from tests.support.office import OTHER, SYMBOL, new_office
from tests.support.remote_office import Silent

pytestmark = pytest.mark.anyio


async def unspawned(number):
    raise AssertionError(number)


def fleet_of(office, count=2):
    mirror = EnginesMirror(office.clock, shadow=False)
    return WorkerFleet(
        count,
        office.pools,
        mirror,
        office.recorder,
        clock=office.clock,
        log=Silent(),
        spawn=unspawned,
    )


async def test_a_symbol_goes_to_the_worker_with_the_fewest_and_stays_there():
    async with new_office() as office:
        fleet = fleet_of(office)
        symbols = office.instruments.symbols()[:3]
        assert [fleet.of(symbol).number for symbol in symbols] == [1, 2, 1]
        assert [fleet.of(symbol).number for symbol in reversed(symbols)] == [1, 2, 1]
        assert fleet.seats[0].symbols == {symbols[0], symbols[2]}


async def test_what_is_not_listed_takes_no_place():
    async with new_office() as office:
        fleet = fleet_of(office)
        assert fleet.of("NOSUCH").number == 1
        assert fleet.seats[0].symbols == set()


async def test_pools_that_are_known_are_shared_out_before_workers_start():
    async with new_office() as office:
        await office.pool(SYMBOL, enabled=True)
        await office.pool(OTHER, enabled=True)
        fleet = fleet_of(office)
        await fleet.begin()
        assert [sorted(seat.symbols) for seat in fleet.seats] == [[SYMBOL], [OTHER]]


async def test_a_worker_that_does_not_come_to_serve_ends_the_start():
    async with new_office() as office:
        fleet = fleet_of(office)
        for seat in fleet.seats:
            seat.problem = ""
            seat.ready.set()
        await fleet.recover()
        fleet.seats[1].problem = "ended with code 2"
        with pytest.raises(InvalidDataError, match="worker 2: ended with code 2"):
            await fleet.recover()


async def test_the_end_is_proved_where_every_worker_said_so():
    async with new_office() as office:
        fleet = fleet_of(office)
        for seat in fleet.seats:
            seat.done.set()
            seat.ended = WorkerEnded((), recorded=True, failure="")
        ending = await fleet.end(office.clock.now())
        assert (ending.unproved, ending.recorded) == ((), True)
        fleet.seats[1].ended = WorkerEnded((SYMBOL,), recorded=False, failure="")
        ending = await fleet.end(office.clock.now())
        assert (ending.unproved, ending.recorded) == ((SYMBOL,), False)


async def test_health_names_each_worker_and_the_venue_as_they_see_it():
    async with new_office() as office:
        fleet = fleet_of(office)
        assert sorted(fleet.probes) == ["venue", "worker 1", "worker 2"]
        answer = await fleet.probes["worker 1"]()
        assert (answer.ready, answer.detail) == (False, "is starting")
        assert await fleet.probes["venue"]() == ""
