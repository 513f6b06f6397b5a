"""The demo from its command line: what it prints, how it ends, what it leaves."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
from decimal import Decimal

import pytest

from market_maker.cli import main

COMMAND = [sys.executable, "-c", "from market_maker.cli.main import main; main()", "demo"]


def run(*options):
    return subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.slow
def test_json_is_one_object_and_adds_up():
    done = run("--seconds", "3", "--json", "--seed", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    told = json.loads(done.stdout)
    assert told["open_orders"] == 0
    assert told["failure"] is None
    assert told["state"] == "PAUSED"
    assert set(told["checks"].values()) == {True}
    weights = {m["name"]: m["weight_pct"] for m in told["members"]}
    assert weights == {"Acme Trading Desk": "50", "Beta Capital": "30", "Gamma Partners": "20"}
    assert sum(Decimal(m["position"]) for m in told["members"]) == Decimal(told["position"])
    for column in ("realised", "unrealised", "fees", "funding", "net"):
        total = sum(Decimal(m["pnl"][column]) for m in told["members"])
        assert total == Decimal(told["pnl"][column])
    assert told["orders_placed"] > 0
    assert 0 < told["quoting_uptime"] <= 1
    assert told["duration_s"] >= 3


@pytest.mark.slow
def test_without_a_terminal_it_prints_a_line_a_second_and_a_summary():
    done = run("--seconds", "2.5")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    # As many as there were seconds; a machine that stands still shows fewer.
    assert 1 <= sum("ACTIVE" in line for line in lines) <= 4
    assert "\x1b" not in done.stdout
    assert lines[-1].startswith("the venue says 0 orders open")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_every_order_cancelled(number):
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if "ACTIVE" in line and "quoting" in line:
                process.send_signal(number)
                break
        rest, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "the venue says 0 orders open" in rest


@pytest.mark.slow
def test_on_a_terminal_it_draws_a_screen_and_restores_the_terminal():
    mine, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "--seconds", "3"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},  # noqa: TID251  a terminal needs a name
    ) as process:
        os.close(theirs)
        drawn = drain(mine)
    os.close(mine)
    assert process.returncode == 0
    before, _, shown = drawn.partition("\x1b[?1049h")
    assert before.startswith("starting the service")
    screen, _, after = shown.rpartition("\x1b[?1049l")
    for words in ("book", "our quotes", "inventory", "fills", "PnL", "Acme", "guards"):
        assert words in screen
    assert "the venue says 0 orders open" in after


def drain(terminal):
    """Everything until the other end is closed."""
    parts = []
    while select.select([terminal], [], [], 60)[0]:
        try:
            part = os.read(terminal, 65_536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()


@pytest.mark.slow
def test_a_configuration_of_its_own_brings_its_members(tmp_path):
    config = tmp_path / "pool.toml"
    config.write_text(
        "num_levels = 1\nmin_spread_bps = 2\nmax_spread_bps = 30\nkappa = 60\n"
        "order_size_usdt = 4000\n[[members]]\nparticipant_id = 'Solo'\n"
        "capital_weight_pct = 100\nposition_limit_usdt = 50000\nmax_loss_usdt = 2000\n",
        "utf-8",
    )
    done = run("--seconds", "1", "--json", "--config", str(config))
    assert done.returncode == 0, done.stderr
    assert [m["name"] for m in json.loads(done.stdout)["members"]] == ["Solo"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--seconds", "0"], ["seconds", "0", "above 0"]),
        (["--seconds", "nan"], ["seconds", "nan"]),
        (["--seconds", "soon"], ["seconds", "soon"]),
        (["--seed", "-1"], ["seed", "-1", "0 to"]),
        (["--config", "no/such.toml"], ["no/such.toml"]),
        (["--colour"], ["--colour"]),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_code_2(capsys, options, named):
    assert refused(capsys, options, named)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("num_levels = 0", ["num_levels", "0", "from 1 to 20"]),
        ("colour = 'red'", ["colour", "no such field", "gamma"]),
        ("min_spread_bps = 60", ["min_spread_bps", "60", "50"]),
        ("symbol = 'ETHUSDT'", ["symbol", "ETHUSDT", "BTCUSDT-PERP"]),
        ("gamma = ", ["TOML"]),
        ("strategy = 'magic'", ["strategy", "magic"]),
    ],
)
def test_a_wrong_configuration_is_one_line_and_exit_code_2(capsys, tmp_path, text, named):
    config = tmp_path / "pool.toml"
    config.write_text(text, "utf-8")
    assert refused(capsys, ["--config", str(config), "--seconds", "1"], named)


def refused(capsys, options, named):
    """Whether the demo says no in one line that has all of `named`, with exit code 2."""
    code = main.run(["demo", *options])
    out, line = capsys.readouterr()
    return (code, out, line.count("\n")) == (2, "", 1) and all(word in line for word in named)


@pytest.mark.thorough
def test_a_refusal_in_a_process_of_its_own_leaves_no_traceback():
    done = run("--seconds", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: seconds: 0.0 is not allowed; allowed: a number above 0, at most 604800\n"
    )
