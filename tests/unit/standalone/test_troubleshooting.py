"""Section 9 of the operators' procedure: every problem of it provoked, with the line that is shown.

The first half runs the commands as typed, in this process, against an emulated venue in a thread;
the second a session on virtual time in a market that does what the test says. TROUBLES is the
table: a symptom, the test that provokes it, and the words of the line.
"""

import asyncio
import re
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import Struct, json

from market_maker.cli import main
from market_maker.clocks import ShiftedClock
from market_maker.emulators.hyperliquid.faults import VenueFaults
from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.emulators.hyperliquid.venue import Hyperliquid, Reply
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.risk import guards
from market_maker.venues.hyperliquid.keys import SigningKey
from tests.shared_data import need_shared_seed
from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table
from tests.unit.standalone.venue import (
    CLOCK,
    MASTER,
    MASTER_TEXT,
    STRANGER_TEXT,
    emulated,
    serving,
)

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "hyperliquid-operations.md").read_text("utf-8")


class Trouble(Struct, frozen=True):
    """symptom: in the procedure's words, or ours below 9.4. test: of this module, or its path and
    name. line: words of what is shown."""

    symptom: str
    test: str
    line: str


TYPED = "test_what_is_wrong_with_a_command_is_one_line_and_code_2"
REFUSED = "test_orders_that_are_all_refused_name_the_cause_and_end_the_session"
AWAY = "test_a_server_that_is_away_is_one_line_and_code_1"
SYMPTOMS = "tests/unit/standalone/test_symptoms.py"
REDUCING = (
    "tests/unit/standalone/test_reduce_only.py::"
    "test_beyond_the_position_limit_only_what_reduces_is_quoted"
)
LIMITED = (
    "tests/unit/standalone/test_kill_switch.py::"
    "test_a_condition_cancels_proves_logs_and_ends_with_its_code"
)

TROUBLES = (
    # 9.1
    Trouble("Config file not found", TYPED, "Config file not found"),
    Trouble("Private key not set", TYPED, "Private key not set"),
    Trouble("Failed to connect to exchange", AWAY, "Failed to connect to exchange"),
    Trouble("Asset not found", TYPED, "AssetNotFound"),
    # 9.2
    Trouble(
        "No quotes being placed",
        "test_a_session_that_warms_up_says_what_is_missing_and_when_it_is_over",
        "No quotes being placed",
    ),
    Trouble("check for reduce-only mode", REDUCING, "Reduce-only mode"),
    Trouble("All orders rejected", REFUSED, "Orders rejected in a row"),
    Trouble("check minimum order size", TYPED, "the venue takes no order below"),
    Trouble("verify leverage settings", TYPED, "1 to 40 for BTC"),
    Trouble("review rate limits", LIMITED, "Rate limit errors"),
    Trouble(
        "Orders placed but no fills",
        "test_orders_far_from_a_market_that_trades_are_reported_with_their_distance",
        "Orders placed but no fills",
    ),
    Trouble(
        "Excessive fills / inventory building",
        "test_a_position_that_builds_up_is_reported_with_the_flow",
        "Excessive fills / inventory building",
    ),
    Trouble(
        "WebSocket disconnections",
        "test_a_connection_that_breaks_is_found_by_the_procedures_search",
        "Market data lost: connection broken",
    ),
    # 9.3
    Trouble(
        "High quote cycle latency",
        f"{SYMPTOMS}::test_slow_cycles_count_when_they_are_the_half_of_a_minutes",
        "High quote cycle latency",
    ),
    Trouble(
        "Memory growing",
        f"{SYMPTOMS}::test_memory_counts_from_ten_minutes_after_the_start",
        "Memory growing",
    ),
    # 9.4
    Trouble("InsufficientMargin", REFUSED, "InsufficientMargin"),
    Trouble(
        "OrderWouldBeLiquidated",
        "test_an_order_that_the_account_could_not_carry_has_the_procedures_word",
        "OrderWouldBeLiquidated",
    ),
    Trouble(
        "RateLimited",
        "test_an_account_without_actions_stops_quoting_with_the_reason",
        "RateLimited",
    ),
    Trouble("InvalidPrice", REFUSED, "InvalidPrice"),
    Trouble("AssetNotFound", TYPED, "AssetNotFound"),
    Trouble("DexNotFound", TYPED, "DexNotFound"),
    # what the procedure does not name
    Trouble("a key that is none", TYPED, "64 hex digits"),
    Trouble(
        "a key of nothing here: wrong network, agent without master", TYPED, "no account and no"
    ),
    Trouble("an unfunded account, an agent of one", TYPED, "has no USDC on the main dex"),
    Trouble(
        "a clock that is a minute off",
        "test_a_clock_that_is_a_minute_off_is_one_line_and_code_2",
        "set the clock right",
    ),
    Trouble(
        "the address asks too often",
        "test_status_waits_where_the_venue_answers_429_and_says_so_once",
        "the venue answers 429",
    ),
    Trouble(
        "the account's actions are used up",
        "test_an_account_without_actions_stops_quoting_with_the_reason",
        "the account has used up its actions",
    ),
)


def test_every_problem_of_section_nine_stands_in_the_table():
    text = need_shared_seed("hyperliquid_sop.txt").read_text("utf-8")
    section = text[text.index("\n## 9. ") : text.index("\n## 10. ")]
    named = re.findall(r'^\*\*Problem: "(.+)"\*\*', section, re.MULTILINE)
    named += re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert len(named) == 17
    assert set(named) - {one.symptom for one in TROUBLES} == set()


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one.symptom)
def test_each_has_its_test_and_its_line_in_the_runbook(trouble):
    path, _, name = trouble.test.rpartition("::")
    text = (ROOT / (path or Path(__file__).relative_to(ROOT))).read_text("utf-8")
    assert f"def {name}(" in text
    section = DOCUMENT[DOCUMENT.index("\n## 9. ") : DOCUMENT.index("\n## 10. ")]
    assert trouble.line in section


# commands

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
    url, loop, stop = ready.result(30)
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)


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


# sessions


class Refusing(Hyperliquid):
    """Refuses every order in words of its own, once there are some."""

    text = ""

    def act(self, peer, body, now):
        action = json.decode(body)["action"]
        if not self.text or action["type"] != "order":
            return super().act(peer, body, now)
        statuses = [{"error": self.text}] * len(action["orders"])
        response = {"type": "order", "data": {"statuses": statuses}}
        return Reply(200, json.encode({"status": "ok", "response": response}))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Insufficient margin to place order. asset=0", "InsufficientMargin: not enough margin"),
        ("Price must be divisible by tick size. asset=0", "InvalidPrice: price or size off the"),
        ("Order has invalid size.", "InvalidPrice: price or size off the grid"),
        ("Order must have minimum value of $10.", "OrderTooSmall: below the minimum notional"),
        (
            "Order would cause position to exceed margin tier limit at current leverage",
            "PositionLimit: above a limit on positions, leverage or orders",
        ),
        ("Order price too far from oracle", "PriceTooFar: too far from the oracle price"),
    ],
)
def test_orders_that_are_all_refused_name_the_cause_and_end_the_session(tmp_path, text, said):
    async def run():
        async with at_table(tmp_path, venue={"kind": Refusing}) as table:
            await table.until(lambda: len(table.open()) == 10)
            table.venue.text = text
            for _ in range(60):
                if table.running.end is None:
                    table.market.move(0.0007)
                    await asyncio.sleep(1)
            return await table.ended(), table.running.lines

    end, lines = leaping(run())
    assert lines.having(f"error={said}"), "\n".join(lines.lines[-30:])
    assert (end.reason, end.code, end.proved) == (guards.REJECTS, 16, True)
    assert lines.having("KILL SWITCH TRIGGERED: [Orders rejected in a row]")


@pytest.mark.slow
def test_an_account_without_actions_stops_quoting_with_the_reason(tmp_path):
    limits = VenueLimits(ip_weight=None, free_actions=100)

    async def run():
        async with at_table(tmp_path, venue={"limits": limits}) as table:
            await table.until(lambda: len(table.open()) == 10)
            for step in range(40):
                table.market.move(0.0007 if step % 2 else -0.0007)
                await table.passes(2)
            return table.running.lines

    lines = leaping(run())
    said = lines.having("error=RateLimited: the account has used up its actions")
    assert said
    assert not lines.having("Too many cumulative requests"), "the venue had to say it"
    assert len(said) < 10, "a refusal for each turn would flood the log"
    assert "repeated=" in said[-1]


@pytest.mark.slow
def test_a_session_that_warms_up_says_what_is_missing_and_when_it_is_over(tmp_path):
    async def run():
        async with at_table(tmp_path, min_trades=50) as table:
            said = table.running.lines.having
            await table.until(lambda: said("Warming up: 0/50 trades"))
            await table.until(lambda: said("WARN No quotes being placed"))
            for _ in range(60):
                for _ in range(10):
                    table.market.trade(Side.SELL, 100_000)
                await table.passes(1)
            await table.until(lambda: said("No quotes being placed: over"))
            assert said("Warmup complete!")
            return said("WARN No quotes being placed")

    (line,) = leaping(run())
    assert "warming up: too few trades or volume ticks" in line


@pytest.mark.slow
def test_orders_far_from_a_market_that_trades_are_reported_with_their_distance(tmp_path):
    async def run():
        async with at_table(tmp_path, min_depth_bps=Decimal(40)) as table:
            said = table.running.lines.having
            await table.until(lambda: len(table.open()) == 10)
            for _ in range(35):
                table.market.trade(Side.SELL, 100)
                await table.passes(10)
            return said("WARN Orders placed but no fills")

    (line,) = leaping(run())
    distance = float(re.search(r"distance_bps=([\d.]+)", line)[1])
    assert distance >= 39
    assert "advice=lower risk_aversion or min_depth_bps" in line.replace("'", "").replace('"', "")


@pytest.mark.slow
def test_a_position_that_builds_up_is_reported_with_the_flow(tmp_path):
    async def run():
        async with at_table(tmp_path, max_position=Decimal("0.05")) as table:
            await table.until(lambda: len(table.open()) == 10)
            table.trade(4_500)
            said = "WARN Excessive fills / inventory building"
            return await table.until(lambda: table.running.lines.having(said))

    (line,) = leaping(run())
    assert "bought=0.045" in line
    assert "flow=one-sided" in line


@pytest.mark.slow
def test_a_connection_that_breaks_is_found_by_the_procedures_search(tmp_path):
    async def run():
        async with at_table(tmp_path) as table:
            await table.until(lambda: len(table.open()) == 10)
            table.venue.faults = VenueFaults(reset=1.0)
            await table.until(lambda: table.running.lines.having("Market data lost"))
            table.venue.faults = VenueFaults()
            await table.until(lambda: table.running.lines.having("Market data usable: reconnected"))
            return table.running.lines.lines

    lines = leaping(run())
    found = [line for line in lines if re.search("reconnect|disconnect|connection", line)]
    assert any("Market data lost: connection broken" in line for line in found)
    assert any("reconnected" in line for line in found)


@pytest.mark.slow
def test_an_order_that_the_account_could_not_carry_has_the_procedures_word(tmp_path):
    async def run():
        async with at_table(tmp_path) as table:
            await table.until(lambda: len(table.open()) == 10)
            account = table.venue.world.accounts.accounts[MASTER.address]
            table.venue.upkeep.drop(account, table.listed()[:1], "marginCanceled")
            said = "WARN Order canceled by the venue error=OrderWouldBeLiquidated"
            return await table.until(lambda: table.running.lines.having(said))

    (line,) = leaping(run())
    assert "why=margin" in line
