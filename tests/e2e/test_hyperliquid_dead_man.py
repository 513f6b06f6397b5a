"""A watchdog with an agent's key beside a maker at the emulated Hyperliquid: what happens to orders
when the maker dies, stands still, or is cut off from the venue."""

import signal
import sys
from contextlib import AbstractContextManager
from random import Random
from subprocess import PIPE, Popen, TimeoutExpired

import pytest

from market_maker.clocks import WallClock
from market_maker.venues.hyperliquid.keys import SigningKey
from tests.e2e.drill import CLIENT, PUT_AWAY_WITHIN_S, ROOT, address_in, market_maker
from tests.e2e.wire import Wire
from tests.examples import examples

pytestmark = pytest.mark.slow

MAKER = "07" * 32
AGENT = "08" * 32
ACCOUNT = SigningKey.from_text(MAKER).address
COIN = "hyna:BTC"
PATIENCE_S = 1.0
EMPTY_WITHIN_S = 60.0
"""How soon it is the bench measures."""

CUT_OFF_WITHIN_S = 120.0
QUOTES_WITHIN_S = 60.0


class Emulator(AbstractContextManager):
    def __init__(self, folder, *options):
        agent = f"{SigningKey.from_text(AGENT).address}={ACCOUNT}"
        who = ("--account", f"{ACCOUNT}=100000", "--agent", agent)
        # The test asks more often than the venue allows.
        given = ("--port", "0", "--no-limits", *who, *options)
        log = folder / "venue.log"
        self.process = market_maker(
            log, "emulate", "hyperliquid", *given, "--coin", COIN, "--coin", "BTC"
        )
        self.url = address_in(self.process, log)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=PUT_AWAY_WITHIN_S)

    def ask(self, kind, **about):
        question = {"type": kind, "user": ACCOUNT, **about}
        return CLIENT.post(f"{self.url}/info", json=question).json()

    def open_count(self):
        return len(self.ask("openOrders")) + len(self.ask("openOrders", dex="hyna"))


class Maker(AbstractContextManager):
    def __init__(self, url, data_dir):
        self.log = data_dir / "maker.log"
        with self.log.open("ab") as errors:
            self.process = Popen(
                [
                    sys.executable,
                    *("-m", "tests.support.hyperliquid_stand_in"),
                    *(url, MAKER, COIN, str(data_dir)),
                ],
                cwd=ROOT,
                stdout=PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdout.readline() == "trades\n", self.log.read_text()

    def stays_up(self, seconds):
        try:
            self.process.wait(timeout=seconds)
        except TimeoutExpired:
            return
        raise AssertionError(self.log.read_text()[-2_000:])

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.communicate()


class WatchdogProcess(AbstractContextManager):
    def __init__(self, venue, data_dir, *options):
        self.log = data_dir / "watchdog.log"
        key = data_dir / "agent.key"
        key.touch(0o600)
        key.write_text(AGENT)
        self.process = market_maker(
            self.log,
            *("watchdog", "--patience", str(PATIENCE_S), "--data-dir", str(data_dir), *options),
            HYPERLIQUID_NETWORK=venue.url,
            WATCHDOG_HYPERLIQUID_KEY_FILE=str(key),
        )

    def __enter__(self):
        assert f"of {ACCOUNT}" in self.process.stdout.readline(), self.log.read_text()
        said = self.process.stdout.readline()
        assert "cancels at Hyperliquid" in said, self.log.read_text()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=PUT_AWAY_WITHIN_S)
        assert self.process.returncode == 0
        assert AGENT not in self.log.read_text()


def until(happened, within_s):
    """Seconds until it did."""
    clock = WallClock()
    since = clock.now()
    while not happened():
        assert (clock.now() - since) / 1e9 < within_s, happened()
        clock.sleep(10_000_000)
    return (clock.now() - since) / 1e9


@pytest.fixture
def venue(tmp_path):
    with Emulator(tmp_path) as emulator:
        yield emulator


def test_after_kill_nine_at_random_moments_the_book_becomes_empty_and_stays_so(venue, tmp_path):
    moments = Random(11)
    with WatchdogProcess(venue, tmp_path) as dog:
        for _ in range(examples(3)):
            with Maker(venue.url, tmp_path) as maker:
                until(venue.open_count, QUOTES_WITHIN_S)
                maker.stays_up(moments.uniform(0.001, 0.7))
                # Where the maker gets no core for a second the watchdog cancels.
                until(venue.open_count, QUOTES_WITHIN_S)
            until(lambda: venue.open_count() == 0, EMPTY_WITHIN_S)
    assert "no heartbeat for" in dog.log.read_text()


def test_a_maker_that_stands_still_has_no_orders_and_quotes_again_when_it_wakes(venue, tmp_path):
    with WatchdogProcess(venue, tmp_path) as dog, Maker(venue.url, tmp_path) as maker:
        until(venue.open_count, QUOTES_WITHIN_S)
        maker.process.send_signal(signal.SIGSTOP)
        until(lambda: venue.open_count() == 0, EMPTY_WITHIN_S)
        maker.process.send_signal(signal.SIGCONT)
        until(venue.open_count, QUOTES_WITHIN_S)
        until(lambda: "service heartbeat restored" in dog.log.read_text(), QUOTES_WITHIN_S)


def test_a_maker_that_is_cut_off_from_the_venue_has_its_orders_cancelled(venue, tmp_path):
    wire = Wire(venue)
    with WatchdogProcess(venue, tmp_path) as dog, Maker(wire.url, tmp_path):
        until(venue.open_count, QUOTES_WITHIN_S)
        wire.cut()
        until(lambda: venue.open_count() == 0, CUT_OFF_WITHIN_S)
    assert "does not answer the service" in dog.log.read_text()


def test_once_cancels_what_a_dead_maker_left(venue, tmp_path):
    with Maker(venue.url, tmp_path):
        until(venue.open_count, QUOTES_WITHIN_S)
    assert venue.open_count() > 0
    done = WatchdogProcess(venue, tmp_path, "--once").process
    done.communicate(timeout=PUT_AWAY_WITHIN_S)
    assert done.returncode == 0
    assert venue.open_count() == 0


def test_a_key_that_may_not_act_is_refused_in_one_line(venue, tmp_path):
    done = market_maker(
        tmp_path / "refused.log",
        *("watchdog", "--data-dir", str(tmp_path)),
        HYPERLIQUID_NETWORK=venue.url,
        WATCHDOG_HYPERLIQUID_KEY="09" * 32,
    )
    done.communicate(timeout=PUT_AWAY_WITHIN_S)
    said = (tmp_path / "refused.log").read_text()
    assert (done.returncode, said.count("\n")) == (2, 1)
    assert "is no account and no agent" in said
