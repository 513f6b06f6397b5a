"""An outage is one line when it begins and one when it ends, and a duty outlives it."""

import asyncio

import pytest

from market_maker.accounting.marking import Marking
from market_maker.accounting.settlement_watch import SettlementWatch
from market_maker.clocks import SimClock
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.units import NANOS_PER_HOUR, Nanos
from market_maker.serving.periodic import REASONS_SAID, RETRY_S, Outage, Periodic, carry_out
from tests.support.counting_house import OCTOBER, OwnWallet, payouts_on
from tests.support.office import database
from tests.support.pools_at_work import PoolAtWork, Pools


class Lines:
    def __init__(self):
        self.written = []

    def warning(self, event, **fields):
        self.written.append((event, fields))

    info = warning


def test_an_outage_is_said_when_it_begins_changes_and_ends():
    log = Lines()
    outage = Outage(log, "relay")
    outage.worked()
    for problem in ("away", "away", "away", "full"):
        outage.failed(problem)
    outage.worked()
    outage.worked()
    assert log.written == [
        ("background work failed", {"work": "relay", "problem": "away"}),
        ("background work failed", {"work": "relay", "problem": "full"}),
        ("background work resumed", {"work": "relay", "failures": 4}),
    ]


def test_reasons_that_take_turns_or_never_repeat_do_not_fill_the_log():
    log = Lines()
    outage = Outage(log, "relay")
    for number in range(1_000):
        outage.failed("refused" if number % 2 else "timed out")
    assert len(log.written) == 2
    for number in range(1_000):
        outage.failed(f"no answer for {number} ms")
    assert len(log.written) == REASONS_SAID
    outage.worked()
    outage.failed("refused")
    assert [event for event, _ in log.written[REASONS_SAID:]] == [
        "background work resumed",
        "background work failed",
    ]


class EndError(Exception):
    """The test has seen enough."""


async def carried_out(outcomes):
    """What is done and logged when the steps of a duty end so, one after the other."""
    waited, lines, left = [], Lines(), list(outcomes)

    async def step():
        if not left:
            raise EndError
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def sleep(seconds):
        waited.append(seconds)
        await asyncio.sleep(0)

    with pytest.raises(EndError):
        await carry_out(Periodic("marking", 7.0, step), lines, sleep)
    return waited, lines.written


@pytest.mark.anyio
async def test_a_duty_is_done_every_so_often():
    assert await carried_out([None, None]) == ([7.0, 7.0], [])


@pytest.mark.anyio
async def test_one_that_fails_is_named_and_tried_again_after_a_while():
    away = StoreUnavailableError("the database does not answer")
    waited, written = await carried_out([away, OSError("disk full"), None])
    assert waited == [RETRY_S, 7.0, RETRY_S, 7.0, 7.0]
    assert [(event, fields.get("problem")) for event, fields in written] == [
        ("background work failed", "the database does not answer"),
        ("background work failed", "disk full"),
        ("background work resumed", None),
    ]
    assert {fields["work"] for _, fields in written} == {"marking"}


@pytest.mark.anyio
async def test_a_step_with_nothing_to_do_ends_no_outage():
    """Payouts, marks and counts ask the database every few seconds, and are stepped more often."""
    away = StoreUnavailableError("the database does not answer")
    _, written = await carried_out([away, False, False, away, False, True])
    assert [event for event, _ in written] == ["background work failed", "background work resumed"]
    assert written[-1][1] == {"work": "marking", "failures": 2}


class AwayStore:
    """A store whose database does not answer while it is `away`."""

    def __init__(self, store):
        self._store, self.away = store, True

    def __getattr__(self, name):
        if self.away:
            raise StoreUnavailableError("the database does not answer")
        return getattr(self._store, name)


@pytest.mark.anyio
@pytest.mark.parametrize("duty", ["payouts", "marking", "settlement watch"])
async def test_a_duty_that_is_not_due_after_it_failed_says_so(duty):
    async with database() as store:
        database_away, clock = AwayStore(store), SimClock(OCTOBER.start)
        pools = Pools(PoolAtWork(names=("acme",)))
        step = {
            "payouts": payouts_on(database_away, clock, OwnWallet()).step,
            "marking": Marking(database_away, clock, pools).step,
            "settlement watch": SettlementWatch(database_away, clock).step,
        }[duty]
        with pytest.raises(StoreUnavailableError):
            await step()
        assert await step() is False
        database_away.away = False
        clock.advance_to(Nanos(clock.now() + NANOS_PER_HOUR))
        assert await step() is not False
