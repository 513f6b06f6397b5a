"""How often the order service is asked for its lists."""

import asyncio
import itertools

import pytest

from market_maker.model.actions import Place
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.sandbox.listings import LISTINGS
from market_maker.venues.courier import QUESTIONS_AT_ONCE
from market_maker.venues.courier_connections import REQUEST_TIMEOUT_S
from market_maker.venues.order_service.stream import VenueStream
from market_maker.venues.order_service.venue import (
    LISTS_AT_ONCE,
    PROOF_AGE_MAX,
    SWEEP_INTERVAL_S,
    SWEEP_REST_S,
    SWEEPS_PER_S,
    OrderServiceVenue,
    sent_orders,
)
from market_maker.venues.order_service.wire import FillPage, OrderPage
from tests.simulation.leaping_loop import LoopClock, leaping

INSTRUMENT = LISTINGS[0].instrument
FOR_S = 12.0


class Quiet(VenueStream):
    """No news."""

    def __init__(self):
        self.accounts = []


class Asked(OrderServiceVenue):
    """times: when lists were asked for, seconds."""

    def __init__(self, lines):
        sent = sent_orders()
        super().__init__(
            None, INSTRUMENT, LoopClock(), ["a"], sent, stream=Quiet(), lines=range(lines)
        )
        self._first_trade_id, self.times, self.sent = 0, [], sent

    async def _sweep(self, first_trade_id):
        assert first_trade_id == 0
        self.times.append(asyncio.get_running_loop().time())


def gaps(lines, during=None):
    """Seconds between two requests for lists."""

    async def run():
        venue = Asked(lines)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(venue._sweep_for_ever())
            if during is not None:
                during(venue)
            await asyncio.sleep(FOR_S)
            task.cancel()
        times = [0.0, *venue.times]
        return [b - a for a, b in itertools.pairwise(times)]

    return leaping(run())


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [(0, SWEEP_INTERVAL_S), (SWEEPS_PER_S, SWEEP_INTERVAL_S), (3 * SWEEPS_PER_S, 3.0)],
)
def test_lines_of_a_process_share_a_number_of_lists_a_second(lines, seconds):
    found = gaps(lines)
    assert found == pytest.approx([seconds] * len(found))
    assert len(found) >= FOR_S / seconds - 1


def test_while_a_fate_is_in_doubt_a_line_asks_every_second():
    def doubt(venue):
        now = venue._clock.now()
        order = Place(1, "ann", Side.BUY, 0, 100, 1, client_order_id="n")
        venue.sent.placed(now, order)
        assert not venue.sent.in_doubt
        venue.sent.failed(now, 1)
        assert venue.sent.in_doubt

    assert gaps(100 * SWEEPS_PER_S, doubt) == pytest.approx([SWEEP_INTERVAL_S] * 11, abs=0.01)


def test_who_waits_for_a_list_has_it_at_once():
    def want(venue):
        asyncio.get_running_loop().call_later(5.0, venue._wanted.set)

    first, *_ = gaps(100 * SWEEPS_PER_S, want)
    assert 5.0 <= first <= 5.0 + SWEEP_REST_S


class Slow:
    """A client whose answers take their time, so many at once as the courier asks."""

    def __init__(self, answer_s=0.1):
        self._answer_s = answer_s
        self._places = asyncio.Semaphore(QUESTIONS_AT_ONCE)
        self.problem = ""

    async def get(self, path, query, answer):
        del path, query
        async with self._places:
            await asyncio.sleep(self._answer_s)
        if self.problem:
            raise VenueUnavailableError(self.problem)
        return OrderPage((), more=False) if answer is OrderPage else FillPage(())


def ages_of_lists(lines, accounts):
    """How old the lists of every line were when they came, where all want them at once."""

    async def run():
        client, turns, clock = Slow(), asyncio.Semaphore(LISTS_AT_ONCE), LoopClock()
        came, all_came = [], asyncio.Event()

        def line(number):
            def arrived():
                came.append(clock.now() - venue._proof.asked_at)
                if all(each._proof is not None for each in venues):
                    all_came.set()

            venue = OrderServiceVenue(
                client,
                INSTRUMENT,
                clock,
                [f"{number}-{account}" for account in range(accounts)],
                stream=Quiet(),
                lines=range(lines),
                list_turns=turns,
                arrived=arrived,
            )
            venue._stream.accounts += [f"{number}-{account}" for account in range(accounts)]
            venue._first_trade_id = 0
            venue._wanted.set()
            return venue

        venues = [line(number) for number in range(lines)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each._sweep_for_ever()) for each in venues]
            await all_came.wait()
            for task in tasks:
                task.cancel()
        return came

    return leaping(run())


@pytest.mark.parametrize(("lines", "accounts"), [(300, 3), (1, 60)])
def test_however_many_ask_the_lists_of_each_are_fresh_when_they_come(lines, accounts):
    """Nine hundred accounts that are asked for at once: six questions, one after another, among
    eighteen hundred, were answered after five seconds, and no pool could begin."""
    ages = ages_of_lists(lines, accounts)
    assert len(ages) >= lines
    assert max(ages) < PROOF_AGE_MAX // 3


def test_why_there_is_no_proof_is_said():
    async def run():
        client, clock = Slow(), LoopClock()
        venue = OrderServiceVenue(client, INSTRUMENT, clock, [], stream=Quiet())
        venue._stream.accounts.append("a")
        venue._first_trade_id = 0

        def why():
            with pytest.raises(VenueUnavailableError) as raised:
                venue.open_orders(clock.now())
            return str(raised.value)

        said = [why()]
        client.problem = "GET /v1/fills: no answer"
        async with asyncio.TaskGroup() as group:
            task = group.create_task(venue._sweep_for_ever())
            await asyncio.sleep(1.0)
            said.append(why())
            client.problem = ""
            await asyncio.sleep(1.0)
            assert venue.open_orders(clock.now()) == ()
            task.cancel()
        await asyncio.sleep(5.0)
        return [*said, why()]

    not_asked, refused, old = leaping(run())
    assert not_asked == "the venue did not list our orders: it has not been asked yet"
    assert refused == "the venue did not list our orders: GET /v1/fills: no answer"
    assert old.startswith("the venue's list, asked for ")
    assert old.endswith(" s ago, is too old to be a proof")


def test_a_service_that_takes_nearly_its_time_for_each_answer_proves_that_nothing_is_open():
    """It is asked for fills first, and the age of a proof is that of what is open."""

    async def run():
        clock, arrived = LoopClock(), asyncio.Event()
        venue = OrderServiceVenue(
            Slow(REQUEST_TIMEOUT_S - 0.1),
            INSTRUMENT,
            clock,
            ["ann", "bob"],
            stream=Quiet(),
            arrived=arrived.set,
        )
        await venue._sweep(0)
        assert arrived.is_set()
        assert venue.open_orders(clock.now()) == ()
        # What was sent meanwhile is not judged by it: the list of fills is older.
        assert venue._proof.asked_at - venue._lists[-1].asked_at > NANOS_PER_SECOND
        with pytest.raises(VenueUnavailableError):
            venue.open_orders(clock.now(), clock.now())

    leaping(run())
