"""When a watchdog acts, and what it does then."""

import asyncio

import pytest
from msgspec.structs import replace

from market_maker.clocks import SimClock
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports.dead_man import VenueSweep, WatchedAccount
from market_maker.serving import watchdog
from market_maker.serving.pulse import FILE_NAME, Pulse, PulseFile, PulseState
from market_maker.serving.watchdog import UNPROVED_MAX_MS, Vigil, Watchdog
from tests.support.patient_loop import patient

PATIENCE = Nanos(2 * NANOS_PER_SECOND)
ACME = WatchedAccount("BTCUSDT-PERP", "acme")
SAID = Pulse(
    pid=7,
    state=PulseState.SERVING,
    passes=1,
    last_turn=0,
    open_orders=5,
    unproved_ms=0,
    deaf=False,
    venue="order_service",
    accounts=(ACME,),
    beat=1,
)


def at(seconds):
    return Nanos(round(seconds * NANOS_PER_SECOND))


def test_no_beat_ever_is_no_trouble():
    assert Vigil(PATIENCE).judge(at(100), None) == ""


def test_a_heart_that_beats_is_no_trouble_and_one_that_stops_is():
    vigil = Vigil(PATIENCE)
    for second in range(10):
        said = replace(SAID, beat=second, passes=second)
        assert vigil.judge(at(second), said) == ""
    assert vigil.judge(at(10.9), said) == ""
    assert vigil.judge(at(11), said) == "no heartbeat for 2.00 s"
    assert vigil.judge(at(11.1), replace(said, beat=50, passes=50)) == ""


def test_a_loop_that_goes_round_without_stepping_engines_is_trouble():
    vigil = Vigil(PATIENCE)
    assert vigil.judge(at(0), SAID) == ""
    assert vigil.judge(at(1.9), replace(SAID, beat=2)) == ""
    assert "no engine" in vigil.judge(at(2.1), replace(SAID, beat=3))


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"state": PulseState.ENDED}, ""),
        ({"state": PulseState.UNPROVED}, "without proof"),
        ({"state": PulseState.STARTING}, "the service starts"),
        ({"unproved_ms": UNPROVED_MAX_MS - 1}, ""),
        ({"unproved_ms": UNPROVED_MAX_MS}, "not confirmed"),
        ({"deaf": True}, "does not answer the service"),
    ],
)
def test_what_the_service_says_of_itself_counts(changes, trouble):
    found = Vigil(PATIENCE).judge(at(0), replace(SAID, **changes))
    assert trouble in found
    assert bool(found) == bool(trouble)


def test_an_orderly_end_stays_one_however_long_ago():
    vigil = Vigil(PATIENCE)
    ended = replace(SAID, state=PulseState.ENDED)
    assert vigil.judge(at(0), ended) == vigil.judge(at(1_000), ended) == ""


class Venue:
    """Answers sweeps from a list, and then that nothing is open."""

    again_s, problem = 0.001, ""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def sweep(self, accounts):
        self.asked.append(tuple(accounts))
        return self.answers.pop(0) if self.answers else VenueSweep(open=0, unanswered=0)


class Said:
    def __init__(self):
        self.lines = []

    def __getattr__(self, level):
        return lambda event, **fields: self.lines.append((level, event, fields))


def test_it_sweeps_until_the_venue_has_said_twice_that_nothing_is_open(tmp_path, monkeypatch):
    monkeypatch.setattr(watchdog, "SWEEP_S", 0)
    with PulseFile(tmp_path / FILE_NAME) as file:
        file.write(SAID)
    venue = Venue(
        VenueSweep(open=4, unanswered=0),
        VenueSweep(open=0, unanswered=1),
        VenueSweep(open=0, unanswered=0),
        VenueSweep(open=1, unanswered=0),
    )
    dog = Watchdog(tmp_path, venue, PATIENCE, SimClock(at(0)), Said())
    assert patient(dog.sweep_once())
    assert venue.asked == [(ACME,)] * 6


def test_it_acts_when_the_heart_stops_and_rests_when_it_beats_again(tmp_path, monkeypatch):
    for name in ("SWEEP_S", "LISTEN_S"):
        monkeypatch.setattr(watchdog, name, 0.001)
    clock, said, venue = SimClock(at(0)), Said(), Venue(VenueSweep(open=2, unanswered=0))

    async def play():
        dog = Watchdog(tmp_path, venue, PATIENCE, clock, said)
        with PulseFile(tmp_path / FILE_NAME) as file:
            file.write(SAID)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(dog.run())
                await until(lambda: dog._heard is not None)
                assert venue.asked == []
                clock.advance_to(at(3))
                await until(lambda: len(venue.asked) > 3)
                file.write(replace(SAID, passes=2))
                await until(lambda: said.lines[-1][1] == "service heartbeat restored")
                asked = len(venue.asked)
                for _ in range(20):
                    await asyncio.sleep(0.001)
                assert len(venue.asked) == asked
                running.cancel()

    patient(play())
    assert said.lines[0][:2] == ("error", "service heartbeat lost")
    assert ("warning", "cancelling", {"open": 2, "unanswered": 0, "problem": ""}) in said.lines


class Failing(Venue):
    """It has not answered for a tenth of a second more at each sweep."""

    @property
    def problem(self):
        return f"venue: lists: no good answer for {len(self.asked) / 10:.1f} s: 429"


def test_a_trouble_that_lasts_is_logged_once_however_often_it_is_swept(tmp_path, monkeypatch):
    monkeypatch.setattr(watchdog, "SWEEP_S", 0.0)
    venue, said = Failing(*[VenueSweep(open=0, unanswered=2)] * 50), Said()
    dog = Watchdog(tmp_path, venue, PATIENCE, SimClock(0), said)
    with PulseFile(tmp_path / FILE_NAME) as file:
        file.write(SAID)
        assert patient(dog.sweep_once())
    assert len(venue.asked) > 50
    assert [event for _, event, _ in said.lines] == ["cancelling", "book is empty"]
    assert "for 0.1 s: 429" in said.lines[0][2]["problem"]


async def until(holds):
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  no event says so
            await asyncio.sleep(0.001)


def test_on_a_venue_that_ends_with_the_service_it_only_reports(tmp_path, monkeypatch):
    monkeypatch.setattr(watchdog, "LISTEN_S", 0.001)
    said = Said()

    async def play():
        with PulseFile(tmp_path / FILE_NAME) as file:
            file.write(replace(SAID, state=PulseState.UNPROVED, venue="sandbox", accounts=()))
        dog = Watchdog(tmp_path, None, PATIENCE, SimClock(at(0)), said)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(dog.run())
            await until(lambda: len(said.lines) >= 2)
            running.cancel()

    patient(play())
    assert [line[1] for line in said.lines] == ["service heartbeat lost", "nothing to cancel"]


def test_of_two_venues_only_the_one_that_does_not_answer_is_swept(tmp_path, monkeypatch):
    """The service quotes on at the other: two would fight over its orders."""
    monkeypatch.setattr(watchdog, "SWEEP_S", 0)
    there = WatchedAccount("BTC", "0xab", "hyperliquid")
    for said, swept in (
        (replace(SAID, deaf=True, deaf_at=("hyperliquid",)), (there,)),
        (replace(SAID, deaf=True, deaf_at=("",)), (ACME,)),
        (replace(SAID, deaf=True), (ACME, there)),
        (replace(SAID, state=PulseState.UNPROVED, deaf=True, deaf_at=("",)), (ACME, there)),
    ):
        with PulseFile(tmp_path / FILE_NAME) as file:
            file.write(replace(said, accounts=(ACME, there)))
        venue = Venue()
        dog = Watchdog(tmp_path, venue, PATIENCE, SimClock(at(0)), Said())
        patient(_until_asked(dog, venue))
        assert set(venue.asked) == {swept}
        venue.asked.clear()
        patient(dog.sweep_once())
        assert set(venue.asked) == {(ACME, there)}


def test_where_the_deaf_venue_has_no_account_of_ours_nothing_is_swept(tmp_path, monkeypatch):
    """An empty list of accounts means all that the credential may cancel, the quoting ones too."""
    monkeypatch.setattr(watchdog, "LISTEN_S", 0.001)
    said, venue = Said(), Venue()
    with PulseFile(tmp_path / FILE_NAME) as file:
        file.write(replace(SAID, deaf=True, deaf_at=("hyperliquid",)))

    async def play():
        dog = Watchdog(tmp_path, venue, PATIENCE, SimClock(at(0)), said)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(dog.run())
            await until(lambda: said.lines)
            for _ in range(20):
                await asyncio.sleep(0.001)
            running.cancel()

    patient(play())
    assert venue.asked == []


def test_a_maker_of_one_venue_names_it_once_for_all_of_its_accounts(tmp_path, monkeypatch):
    monkeypatch.setattr(watchdog, "SWEEP_S", 0)
    with PulseFile(tmp_path / FILE_NAME) as file:
        file.write(replace(SAID, venue="hyperliquid"))
    venue = Venue()
    dog = Watchdog(tmp_path, venue, PATIENCE, SimClock(at(0)), Said())
    assert patient(dog.sweep_once())
    assert set(venue.asked) == {(replace(ACME, venue="hyperliquid"),)}


def test_accounts_without_anything_to_cancel_with_are_not_proved_empty(tmp_path):
    """The watchdog's own environment may lack the address that the service has."""
    with PulseFile(tmp_path / FILE_NAME) as file:
        file.write(SAID)
    said = Said()
    dog = Watchdog(tmp_path, None, PATIENCE, SimClock(at(0)), said)
    assert not patient(dog.sweep_once())
    assert not patient(dog.sweep_once())
    assert said.lines == [
        ("error", "orders may rest, and nothing to cancel with is set", {"accounts": 1})
    ]


async def _until_asked(dog, venue):
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(dog.run())
        while not venue.asked:  # noqa: ASYNC110  a list sends no event
            await asyncio.sleep(0.001)
        running.cancel()
