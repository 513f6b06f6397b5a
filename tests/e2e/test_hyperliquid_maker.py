"""The Hyperliquid maker as its operators run it: commands, signals, exit codes, files."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from market_maker.clocks import WallClock
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.venues.hyperliquid.keys import SigningKey

pytestmark = pytest.mark.slow
KEY = "01" * 32
ADDRESS = SigningKey.from_text(KEY).address
POOR_KEY, POOR_AGENT_KEY = "06" * 32, "07" * 32
POOR = SigningKey.from_text(POOR_KEY).address
POOR_AGENT = SigningKey.from_text(POOR_AGENT_KEY).address
WITHIN_S = 90
CLOCK = WallClock()


def command(*words):
    return [sys.executable, "-m", "market_maker", *words]


@contextmanager
def emulated(*more):
    """The address of an emulated venue in a process of its own."""
    words = ("emulate", "hyperliquid", "--port", "0", "--no-limits", "--account")
    with subprocess.Popen(
        command(*words, f"{ADDRESS}=100000", *more), stdout=subprocess.PIPE, text=True
    ) as process:
        yield next(w for w in process.stdout.readline().split() if w.startswith("http"))
        process.terminate()


@pytest.fixture(scope="module")
def url():
    """Of one with a funded account and one without money."""
    with emulated("--account", f"{POOR}=0", "--agent", f"{POOR_AGENT}={POOR}") as address:
        yield address


@pytest.fixture
def environ(url, tmp_path):
    ours = ("HYPERLIQUID_", "MM_")
    clean = {n: v for n, v in os.environ.items() if not n.startswith(ours)}  # noqa: TID251
    return {
        **clean,
        "HYPERLIQUID_NETWORK": url,
        "HYPERLIQUID_PRIVATE_KEY": KEY,
        "HYPERLIQUID_STATE_DIR": str(tmp_path / "state"),
        "HYPERLIQUID_METRICS_PORT": "0",
        "HYPERLIQUID_MIN_TRADES": "0",
        "HYPERLIQUID_START_WITHIN_SECS": "0",
    }


def ran(environ, cwd, *words):
    return subprocess.run(
        command(*words), env=environ, cwd=cwd, capture_output=True, text=True, timeout=WITHIN_S,
        check=False,
    )  # fmt: skip


@contextmanager
def running(environ, cwd, *words):
    """A maker, with its log file when it quotes."""
    log = cwd / "logs" / "mm.log"
    with subprocess.Popen(
        command(*words, "--log-file", str(log)), env=environ, cwd=cwd, stdout=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(log, "Quote cycle complete", process)
            yield process, log
        finally:
            process.kill()


def wait_for(log, text, process):
    deadline = CLOCK.now() + WITHIN_S * NANOS_PER_SECOND
    while not log.exists() or text not in log.read_text():
        assert process.poll() is None, process.returncode
        assert CLOCK.now() < deadline, text
        CLOCK.sleep(NANOS_PER_SECOND // 20)


def open_orders(environ, cwd):
    told = json.loads(ran(environ, cwd, "status", "--json").stdout)
    return [order for dex in told["dexes"] for order in dex["orders"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_in_good_order_and_a_second_one_skips_nothing(environ, tmp_path, number):
    with running(environ, tmp_path, "--asset", "BTC", "run") as (maker, log):
        assert len(open_orders(environ, tmp_path)) == 10
        maker.send_signal(number)
        wait_for(log, "GRACEFUL SHUTDOWN INITIATED", maker)
        if maker.poll() is None:
            maker.send_signal(number)
        assert maker.wait(WITHIN_S) == 0
    assert open_orders(environ, tmp_path) == []
    text = log.read_text()
    assert "Final position state" in text
    assert KEY not in text


def test_after_kill_nine_status_shows_and_cancels_the_orphans(environ, tmp_path):
    with running(environ, tmp_path, "run") as (maker, _):
        while not open_orders(environ, tmp_path):  # they are on their way
            assert maker.poll() is None
        maker.kill()
        maker.wait()
    assert open_orders(environ, tmp_path)
    told = ran(environ, tmp_path, "status", "--cancel-orphans")
    assert told.returncode == 0
    assert "orders of this program" in told.stderr
    assert "Account Status for BTC" in told.stdout
    assert open_orders(environ, tmp_path) == []


def test_a_log_file_survives_logrotate_and_has_json_that_jq_understands(environ, tmp_path):
    with running(environ, tmp_path, "run", "--log-format", "json") as (maker, log):
        moved = log.rename(log.with_suffix(".1"))
        wait_for(log, "Quote cycle complete", maker)
        maker.terminate()
        assert maker.wait(WITHIN_S) == 0
    for line in (moved.read_text() + log.read_text()).splitlines():
        assert {"timestamp", "level", "target", "message"} <= json.loads(line).keys()


def test_a_dry_run_without_a_subcommand_shows_the_ladder(environ, tmp_path):
    told = ran(environ, tmp_path, "--dry-run")
    assert told.returncode == 0, told.stderr
    assert "DRY RUN BTC: nothing was sent" in told.stdout
    assert open_orders(environ, tmp_path) == []


@pytest.mark.parametrize(
    ("more", "words", "code", "said"),
    [
        ({"HYPERLIQUID_PRIVATE_KEY": "05" * 32}, ["status"], 2, "no account and no agent"),
        ({"HYPERLIQUID_PRIVATE_KEY": POOR_AGENT_KEY}, ["run"], 2, f"account {POOR} has no USDC"),
        ({}, ["--network", "http://127.0.0.1:9", "run"], 1, "Failed to connect to exchange"),
    ],
)
def test_trouble_at_the_start_is_one_line_and_a_documented_code(
    environ, tmp_path, more, words, code, said
):
    told = ran({**environ, **more}, tmp_path, *words)
    errors = [line for line in told.stderr.splitlines() if line.startswith("error: ")]
    assert (told.returncode, len(errors)) == (code, 1), told.stderr
    assert said in errors[0]
    assert "Traceback" not in told.stderr


def test_a_clock_that_is_a_minute_off_is_refused_in_one_line(environ, tmp_path):
    """The other troubles are in tests/unit/standalone/test_troubled_commands.py, in one process."""
    with emulated("--clock-ahead", "-60") as url:
        told = ran({**environ, "HYPERLIQUID_NETWORK": url}, tmp_path, "run")
    assert told.returncode == 2, told.stderr
    (line,) = [line for line in told.stderr.splitlines() if line.startswith("error: ")]
    assert " s ahead of the venue's" in line
    assert "set the clock right" in line


def test_the_dexes_are_listed_without_a_key(environ, tmp_path):
    told = ran({**environ, "HYPERLIQUID_PRIVATE_KEY": ""}, tmp_path, "--list-dexs")
    assert told.returncode == 0
    assert "hyna - HyENA (deployer: 0x" in told.stdout


def test_a_key_on_the_command_line_is_taken_out_of_the_list_of_processes(environ, tmp_path):
    clean = {**environ, "HYPERLIQUID_PRIVATE_KEY": ""}
    words = ("run", "--private-key", KEY)
    with running(clean, tmp_path, *words) as (maker, _):
        assert KEY not in Path(f"/proc/{maker.pid}/cmdline").read_text("utf-8")
        maker.terminate()
        assert maker.wait(WITHIN_S) == 0
