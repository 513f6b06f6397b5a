"""Section 9 of the operators' procedure: every problem of it provoked, with the line that is shown.

TROUBLES is the table: a symptom, the test that provokes it, and the words of the line. Here
sessions run on virtual time in a market that does what the test says; commands as they are typed
are in test_troubled_commands.
"""

import asyncio
import re
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import Struct, json

from market_maker.emulators.hyperliquid.faults import VenueFaults
from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.emulators.hyperliquid.venue import Hyperliquid, Reply
from market_maker.model.orders import Side
from market_maker.risk import guards
from tests.shared_data import need_shared_seed
from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table
from tests.unit.standalone.venue import (
    MASTER,
)

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "hyperliquid-operations.md").read_text("utf-8")


class Trouble(Struct, frozen=True):
    """symptom: in the procedure's words, or ours below 9.4. test: of this module, or its path and
    name. line: words of what is shown."""

    symptom: str
    test: str
    line: str


COMMANDS = "tests/unit/standalone/test_troubled_commands.py"
TYPED = f"{COMMANDS}::test_what_is_wrong_with_a_command_is_one_line_and_code_2"
WORLD = "tests/unit/standalone/test_key_and_clock.py"
REFUSED = "test_orders_that_are_all_refused_name_the_cause_and_end_the_session"
AWAY = f"{COMMANDS}::test_a_server_that_is_away_is_one_line_and_code_1"
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
        f"{COMMANDS}::test_a_clock_that_is_a_minute_off_is_one_line_and_code_2",
        "set the clock right",
    ),
    Trouble(
        "the address asks too often",
        f"{COMMANDS}::test_status_waits_where_the_venue_answers_429_and_says_so_once",
        "the venue answers 429",
    ),
    Trouble(
        "makers of one address that start together",
        f"{COMMANDS}::test_a_maker_does_not_start_at_an_address_that_is_limited",
        "too many requests (HTTP 429)",
    ),
    Trouble(
        "a clock that is set while it runs",
        f"{WORLD}::test_a_clock_that_is_set_back_costs_few_actions_and_the_session_goes_on",
        "This machine's clock is off",
    ),
    Trouble(
        "an agent's key that expires",
        f"{WORLD}::test_a_session_whose_unfit_cancels_and_ends_with_the_reason",
        "Agent key expires",
    ),
    Trouble(
        "a venue in trouble at the start",
        "tests/unit/standalone/test_start_patience.py::"
        "test_a_maker_whose_venue_is_in_trouble_at_its_start_quotes_when_that_is_over",
        "Venue does not answer: the start is tried again",
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
    (killed,) = lines.having("KILL SWITCH TRIGGERED: [Orders rejected in a row: ")
    assert re.search(r"\[Orders rejected in a row: [12]\d of 10 allowed\]", killed), killed


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
