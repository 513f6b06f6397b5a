"""The fleet: symbols are shared out by a simple rule and stay where they are."""

from types import SimpleNamespace

import pytest

from market_maker.api.health import Dependency
from market_maker.execution.pass_watch import Shortage
from market_maker.model.errors import (
    ConflictError,
    InvalidDataError,
    InvalidFieldError,
    ProcessLostError,
)
from market_maker.serving.engines_mirror import EnginesMirror
from market_maker.serving.worker_fleet import WorkerFleet
from market_maker.serving.worker_wire import (
    ReleaseAsked,
    Released,
    TakeOverAsked,
    WorkerEnded,
    WorkerPulse,
)
from tests.support.office import ANN, OTHER, SYMBOL, new_office
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


async def test_what_a_worker_proved_holds_also_where_it_is_killed_at_its_end():
    """It waits for a database that is away: the venue has said that nothing is open."""
    async with new_office() as office:
        fleet = fleet_of(office)
        for seat in fleet.seats:
            seat.symbols.add(SYMBOL)
            seat._link = Link(WorkerEnded((), recorded=False, failure=""))
        ending = await fleet.end(office.clock.now())
        assert (ending.unproved, ending.recorded) == ((), False)


class Link:
    """To a worker that has said how it ends, and does not end."""

    begun = True

    def __init__(self, ended):
        self.ended = ended

    def send(self, _what):
        return


class Seat:
    """A worker that answers what a move asks."""

    def __init__(self, number, office):
        self.number, self.name, self.problem = number, f"worker {number}", ""
        self.symbols, self.asked, self.office = set(), [], office
        self.refusal, self.topics_lag = None, None

    async def command(self, what):
        self.asked.append(what)
        if self.refusal is not None:
            raise self.refusal
        if isinstance(what, ReleaseAsked):
            return Released(was_active=True, version=7)
        return what


def seated(office):
    fleet = fleet_of(office)
    fleet.seats = (Seat(1, office), Seat(2, office))
    return fleet


async def test_a_symbol_that_is_moved_is_given_up_there_and_taken_up_here():
    async with new_office() as office:
        fleet = seated(office)
        source, target = fleet.seats
        assert fleet.of(SYMBOL) is source
        await fleet.move(ANN, SYMBOL, 2)
        assert source.asked == [ReleaseAsked(ANN, SYMBOL, "moved from worker 1 to worker 2")]
        assert target.asked == [TakeOverAsked(ANN, SYMBOL, Released(was_active=True, version=7))]
        assert fleet.of(SYMBOL) is target
        assert (source.symbols, target.symbols) == (set(), {SYMBOL})


async def test_a_move_that_is_refused_changes_no_owner():
    async with new_office() as office:
        fleet = seated(office)
        source, target = fleet.seats
        source.refusal = ConflictError("open_orders", 2, "not proved")
        with pytest.raises(ConflictError, match="not proved"):
            await fleet.move(ANN, SYMBOL, 2)
        assert fleet.of(SYMBOL) is source
        with pytest.raises(ConflictError, match="is there already"):
            await fleet.move(ANN, SYMBOL, 1)
        with pytest.raises(InvalidFieldError, match="1 to 2"):
            await fleet.move(ANN, SYMBOL, 3)
        target.problem = "is starting"
        with pytest.raises(ProcessLostError, match="worker 2 is starting"):
            await fleet.move(ANN, SYMBOL, 2)
        assert target.asked == []


async def test_health_says_how_late_each_worker_reads_the_topics():
    async with new_office() as office:
        fleet = seated(office)
        assert await fleet.probes["topics"]() == Dependency(ready=True, detail="")
        fleet.seats[1].topics_lag = 7_000_000
        said = "worker 2: read 7 ms behind the broker"
        assert await fleet.probes["topics"]() == Dependency(ready=True, detail=said)


async def test_a_worker_that_is_short_of_processor_is_named_and_ready():
    async with new_office() as office:
        fleet = fleet_of(office)
        short = Shortage(180_000_000, 85, office.clock.now())
        for seat, shortage in zip(fleet.seats, (None, short), strict=True):
            pulse = WorkerPulse(0, {}, None, shortage)
            seat._link = SimpleNamespace(pulse=pulse, last_sign=office.clock.now())
            seat.problem = ""
        assert fleet.mirror.shortages == {"worker 2": short}
        said = "short of processor, 180 ms late; trades nothing"
        fleet.seats[1]._link.last_sign = office.clock.now()
        assert await fleet.probes["worker 2"]() == Dependency(ready=True, detail=said)
        fleet.seats[1].problem = "is gone (-9), and is started again"
        assert fleet.mirror.shortages == {}


async def test_health_names_each_worker_and_the_venue_as_they_see_it():
    async with new_office() as office:
        fleet = fleet_of(office)
        assert sorted(fleet.probes) == ["topics", "venue", "worker 1", "worker 2"]
        answer = await fleet.probes["worker 1"]()
        assert (answer.ready, answer.detail) == (False, "is starting; trades nothing")
        assert await fleet.probes["venue"]() == ""
        for symbol in office.instruments.symbols()[:3]:
            fleet.of(symbol)
        first, second, third = office.instruments.symbols()[:3]
        shared = [(await fleet.probes[f"worker {number}"]()).detail for number in (1, 2)]
        assert shared == [
            f"is starting; trades {', '.join(sorted([first, third]))}",
            f"is starting; trades {second}",
        ]
        fleet.seats[1].symbols = {f"S{number:02}" for number in range(25)}
        detail = (await fleet.probes["worker 2"]()).detail
        assert detail.endswith("S18, S19 and 5 more")


async def test_health_says_once_what_several_workers_say_of_the_venue_and_which_do():
    async with new_office() as office:
        fleet = fleet_of(office)
        said = "order service: requests: no good answer for {} s: GET /v1/orders: 503"
        fleet.seats = seats_with(said.format("2.5"), said.format("2.6"), said.format("12.0"))
        assert await fleet.probes["venue"]() == f"workers 1, 2 and 3: {said.format('2.5')}"
        ended = "order service: stream of X: no good answer yet: it ended"
        fleet.seats = seats_with(said.format("2.5"), ended, said.format("2.6"), "")
        assert await fleet.probes["venue"]() == (
            f"workers 1 and 3: {said.format('2.5')}; worker 2: {ended}"
        )


def seats_with(*problems):
    """Seats whose workers say this of the venue."""
    return tuple(
        SimpleNamespace(number=number, name=f"worker {number}", problems={"venue": problem})
        for number, problem in enumerate(problems, 1)
    )
