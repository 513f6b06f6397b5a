"""What keeps a command from starting is one line that names it, and a documented code (SOP 9.1).

The commands run as typed, in this process, against an emulated venue in a thread of its own. The
table of section 9 is in test_troubleshooting.
"""

import asyncio
import re
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from decimal import Decimal

import pytest

from market_maker.cli import main
from market_maker.clocks import ShiftedClock
from market_maker.emulators.hyperliquid.venue import Hyperliquid, Reply
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.keys import SigningKey
from tests.unit.standalone.venue import (
    CLOCK,
    MASTER_TEXT,
    STRANGER_TEXT,
    emulated,
    serving,
)

POOR_TEXT, POOR_AGENT_TEXT = "06" * 32, "07" * 32
POOR = SigningKey.from_text(POOR_TEXT)


@contextmanager
def served(venue, clock=CLOCK):
    """The address of a venue that a thread of its own serves."""
    ready: Future = Future()

    async def serve():
        stop = asyncio.Event()
        async with serving(venue, clock) as url:
            ready.set_result((url, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    url, loop, stop = ready.result(60)
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)


@pytest.fixture(scope="module")
def url():
    venue = emulated()
    venue.fund(POOR.address, Decimal(0))
    venue.appoint(SigningKey.from_text(POOR_AGENT_TEXT).address, POOR.address)
    with served(venue) as address:
        yield address


@pytest.fixture
def typed(monkeypatch, tmp_path, capsys):
    """A function that runs a command: its code, and its errors."""
    monkeypatch.chdir(tmp_path)

    def run(url, *words, **environ):
        usual = {
            "NETWORK": url,
            "PRIVATE_KEY": MASTER_TEXT,
            "STATE_DIR": str(tmp_path / "state"),
            "METRICS_PORT": "0",
            "START_WITHIN_SECS": "0",
        }
        for name, text in {**usual, **environ}.items():
            monkeypatch.setenv(f"HYPERLIQUID_{name}", text)
        code = main.run(list(words))
        return code, capsys.readouterr()

    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environ", "words", "said"),
    [
        ({"PRIVATE_KEY": "0x12"}, "run", "private key: '(hidden)' is not allowed; allowed: 64"),
        ({"PRIVATE_KEY": ""}, "run", "Private key not set: set HYPERLIQUID_PRIVATE_KEY"),
        ({"PRIVATE_KEY": ""}, "status", "Private key not set"),
        ({"PRIVATE_KEY": STRANGER_TEXT}, "status", "is no account and no agent on testnet"),
        ({"PRIVATE_KEY": STRANGER_TEXT}, "run", "approve it as an agent of a funded account"),
        ({"PRIVATE_KEY": STRANGER_TEXT}, "run", "or use the other network"),
        ({"PRIVATE_KEY": POOR_TEXT}, "run", "InsufficientMargin: account 0x"),
        ({"PRIVATE_KEY": POOR_AGENT_TEXT}, "run", f"{POOR.address} has no USDC on the main dex"),
        ({}, "--asset NOPE run", "AssetNotFound: asset: 'NOPE' is not allowed"),
        ({}, "--asset BCT run", "such as BTC"),
        ({}, "--asset ETHH status", "--list-dexs lists their dexes"),
        ({}, "--dex nope status", "DexNotFound: dex: 'nope' is not allowed"),
        ({}, "--dex hyena2 run", "hyna (HyENA)"),
        ({}, "--network moon status", "mainnet, testnet, localhost"),
        ({}, "-c none.toml run", "Config file not found: none.toml: make one with"),
        ({}, "run --leverage 90", "1 to 40 for BTC"),
        ({}, "run --decimals 7", "at most 1, which BTC has"),
        ({"TARGET_LIQUIDITY": "0.00001"}, "run", "the venue takes no order below 10"),
        ({}, "run --dry-run --paper", "without --dry-run"),
    ],
)
def test_what_is_wrong_with_a_command_is_one_line_and_code_2(typed, url, environ, words, said):
    code, shown = typed(url, *words.split(), **environ)
    errors = [line for line in shown.err.splitlines() if line.startswith("error: ")]
    assert (code, len(errors)) == (2, 1), shown.err
    assert said in errors[0]
    assert "Traceback" not in shown.err
    for secret in (MASTER_TEXT, STRANGER_TEXT, POOR_TEXT):
        assert secret not in shown.err + shown.out


@pytest.mark.slow
def test_an_account_without_money_is_shown_as_what_it_is(typed, url):
    code, shown = typed(url, "status", PRIVATE_KEY=POOR_AGENT_TEXT)
    assert code == 0, shown.err
    assert f"Wallet:            {POOR.address} (by its agent 0x" in shown.out
    assert re.search(r"Account Value:    \$0(\.0*)? USDC", shown.out)


@pytest.mark.parametrize("words", ["run", "status", "--list-dexs", "--dry-run"])
def test_a_server_that_is_away_is_one_line_and_code_1(typed, words):
    code, shown = typed("http://127.0.0.1:9", words)
    errors = [line for line in shown.err.splitlines() if line.startswith("error: ")]
    assert (code, len(errors)) == (1, 1), shown.err
    assert "Failed to connect to exchange: http://127.0.0.1:9 does not answer" in errors[0]


@pytest.mark.slow
@pytest.mark.parametrize(("ahead", "way"), [(60, "behind"), (-60, "ahead of")])
def test_a_clock_that_is_a_minute_off_is_one_line_and_code_2(typed, ahead, way):
    clock = ShiftedClock(CLOCK, Nanos(ahead * NANOS_PER_SECOND))
    with served(emulated(clock=clock), clock) as url:
        code, shown = typed(url, "run")
    (line,) = [line for line in shown.err.splitlines() if line.startswith("error: ")]
    assert code == 2
    assert f" s {way} the venue's" in line
    assert "set the clock right" in line


class Busy(Hyperliquid):
    """Answers questions with 429 for a while, as an address does that asked too much before."""

    refusals = 2

    def ask(self, peer, body, now):
        if self.refusals:
            self.refusals -= 1
            return Reply(429, b"null")
        return super().ask(peer, body, now)


@pytest.mark.slow
def test_status_waits_where_the_venue_answers_429_and_says_so_once(typed):
    with served(emulated(kind=Busy)) as url:
        code, shown = typed(url, "status")
    assert code == 0
    assert "Account Status for BTC" in shown.out
    notes = [line for line in shown.err.splitlines() if "the venue answers 429" in line]
    assert len(notes) == 1


@pytest.mark.slow
def test_a_maker_does_not_start_at_an_address_that_is_limited(typed):
    with served(emulated(kind=Busy)) as url:
        code, shown = typed(url, "run")
    (line,) = [line for line in shown.err.splitlines() if line.startswith("error: ")]
    assert code == 1
    assert "Failed to connect to exchange" in line
    assert "too many requests (HTTP 429)" in line
