"""A shortage of processor time is found where passes come late for seconds, and nowhere else."""

from itertools import repeat

import pytest
from typing_extensions import override

from market_maker.execution.pass_watch import (
    CLEARED_BELOW,
    LATE,
    PROCESS,
    RAISED_FROM,
    PassWatch,
)
from market_maker.model.events import BookTop
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from tests.support.office import ANN, START, SYMBOL
from tests.support.quiet_venue import QuietVenue

pytestmark = pytest.mark.anyio
TICK_MS, SECOND_MS, MINUTE_MS = 2, 1_000, 60_000


class Fed:
    """A watch that is fed with the milliseconds between two passes."""

    def __init__(self) -> None:
        self.now = Nanos(START)
        self.watch = PassWatch(Nanos(TICK_MS * NANOS_PER_MS))
        self.watch.passed(self.now)

    def passes(self, *spans_ms):
        """The shortage after each."""
        found = []
        for span in spans_ms:
            self.now = Nanos(self.now + span * NANOS_PER_MS)
            found.append(self.watch.passed(self.now).get(PROCESS))
        return found


def test_a_process_that_keeps_up_has_no_shortage():
    assert not any(Fed().passes(*repeat(TICK_MS, 30_000)))


def test_passes_that_come_late_for_seconds_are_a_shortage_with_how_late_and_since_when():
    fed = Fed()
    found = fed.passes(*repeat(182, 110))
    raised = next(each for each in found if each is not None)
    at = found.index(raised)
    assert 3 * SECOND_MS < 182 * at < 4 * SECOND_MS
    assert raised.since == START + 182 * (at + 1) * NANOS_PER_MS
    assert RAISED_FROM <= raised.late_pct < RAISED_FROM + 5
    assert all(each.since == raised.since for each in found[at:])
    assert found[-1].late_ns == 180 * NANOS_PER_MS
    assert found[-1].late_pct > 95


@pytest.mark.parametrize("stretch_ms", [60, SECOND_MS, MINUTE_MS, 3_600 * SECOND_MS])
def test_one_late_pass_is_no_shortage_however_late_it_comes(stretch_ms):
    """A collection of garbage, a process that was stopped, a clock that leapt forward."""
    fed = Fed()
    for _ in range(3):
        assert not any(fed.passes(stretch_ms, *repeat(TICK_MS, 5 * SECOND_MS)))


def test_a_short_pause_in_each_second_is_no_shortage():
    pause_ms = LATE // NANOS_PER_MS + 10
    fed = Fed()
    for _ in range(30):
        assert not any(fed.passes(pause_ms, *repeat(TICK_MS, 470)))


def test_quick_passes_between_late_ones_do_not_hide_them():
    """Where lines ring, four of five passes find nothing to ask."""
    fed = Fed()
    found = [fed.passes(200, *repeat(TICK_MS, 4))[-1] for _ in range(60)]
    assert found[-1] is not None
    assert found[-1].late_ns == pytest.approx(198 * NANOS_PER_MS)


def test_it_is_cleared_when_passes_are_in_time_again_for_a_while_and_not_between():
    fed = Fed()
    assert fed.passes(*repeat(100, 100))[-1] is not None
    # A third of the time late: not enough to raise it, too much to clear it.
    third = (100, *repeat(TICK_MS, 100))
    for number in range(100):
        last = fed.passes(*third)[-1]
        assert last is not None
        if number > 20:
            assert CLEARED_BELOW <= last.late_pct < RAISED_FROM
    quick = fed.passes(*repeat(TICK_MS, 5_000))
    cleared = quick.index(None)
    assert SECOND_MS < TICK_MS * cleared < 5 * SECOND_MS
    assert not any(quick[cleared:])
    for _ in range(100):
        assert not any(fed.passes(*third))


class LateVenue(QuietVenue):
    """Whatever it answers to orders arrives three seconds later; its market is in time."""

    late_by = 3 * NANOS_PER_SECOND

    def __init__(self, now: int) -> None:
        super().__init__(now)
        self.held = []
        self.answered = 0

    @override
    def poll(self, now):
        answers = [each for each in self._inbox if not isinstance(each, BookTop)]
        self.held += [(now + self.late_by, each) for each in answers]
        arrived = [each for at, each in self.held if at <= now]
        self.held = [(at, each) for at, each in self.held if at > now]
        self.answered += len(arrived)
        self._inbox = [*(each for each in self._inbox if isinstance(each, BookTop)), *arrived]
        return super().poll(now)


async def test_an_exchange_that_answers_late_is_no_shortage_and_a_process_that_is_late_is_one(
    office,
):
    office.venue_kind = LateVenue
    await office.quoting()
    venue, host = office.venues[SYMBOL], office.engine_host
    for _ in range(3):
        await office.application.controls.pause(ANN, SYMBOL)
        for _ in range(100):
            await office.passes(100)
            assert host.shortages == {}
        await office.application.controls.enable(ANN, SYMBOL)
        await office.until(lambda: venue.held)
    assert venue.answered >= 8
    # The same exchange, and now every turn of this process takes a tenth of a second.
    late_from = office.clock.now()

    def is_short():
        office.clock.sleep(Nanos(100 * NANOS_PER_MS))
        return host.shortages

    await office.until(is_short)
    assert host.shortages[PROCESS].late_ns >= 100 * NANOS_PER_MS
    assert host.shortages[PROCESS].since > late_from + NANOS_PER_SECOND
