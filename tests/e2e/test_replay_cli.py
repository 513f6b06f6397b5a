"""`market_maker replay` as a person calls it."""

import io
import json
import os
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from market_maker.cli import report_file
from market_maker.cli.main import run
from market_maker.model.errors import InvalidDataError
from market_maker.storage.recording import write_recording
from tests.toy_market import toy_recording

pytestmark = pytest.mark.thorough

KEYS = [
    *("symbol", "events", "duration_s", "events_per_second", "turns", "fills", "volume"),
    *("turnover", "net_pnl", "pnl", "markout_bps", "max_abs_position"),
    *("mean_abs_position_ratio", "quoting_uptime", "quoting_uptime_net", "outage_s"),
    *("resumed", "mean_spread_bps", "share_at_floor"),
    *("share_at_ceiling", "orders_placed", "orders_cancelled", "rejects", "cancels_per_fill"),
    *("state_hash", "engine", "engine_reason", "book_levels", "pnl_currency", "settings"),
    "by_queue",
]
PNL_KEYS = ["spread", "adverse_1s", "adverse_5s", "adverse_30s", "inventory", "fees", "funding"]

CONFIG = """
gamma = 0.01
kappa = 20
min_spread_bps = 3
max_spread_bps = 80
order_size_usdt = 1000
vol_lookback_seconds = 10
warmup_samples = 3
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("recordings") / "toy.mmrec"
    write_recording(path, toy_recording(seconds=15))
    return path


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "pool.toml"
    path.write_text(CONFIG)
    return path


def _json(capsys, *arguments):
    assert run(["replay", *map(str, arguments), "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    return json.loads(lines[0])


def _table(capsys, *arguments):
    """The printed rows as name: value."""
    assert run(["replay", *map(str, arguments)]) == 0
    rows = (line.strip().rsplit("  ", 1) for line in capsys.readouterr().out.splitlines())
    return {row[0].strip(): row[1].strip() for row in rows if len(row) == 2}


def _refused(capsys, *arguments):
    """The one line on standard error."""
    assert run(["replay", *map(str, arguments)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    return line


def test_json_is_one_object_with_the_documented_keys(capsys, recording, config):
    result = _json(capsys, recording, "--config", config)
    assert list(result) == KEYS
    assert list(result["pnl"]) == PNL_KEYS
    assert list(result["markout_bps"]) == ["1s", "5s", "30s"]
    assert result["fills"] > 0
    assert result["by_queue"]["probability"]["fills"] == result["fills"]
    assert list(_json(capsys, recording, "--config", config, "--one-queue")["by_queue"]) == []
    parts = (result["pnl"][name] for name in ("spread", "inventory", "fees", "funding"))
    assert sum(map(Decimal, parts)) == Decimal(result["net_pnl"])


def test_options_reach_the_run(capsys, recording, config):
    options = ["--latency-ms", "7", "--response-latency-ms", "2.5", "--feed-latency-ms", "1"]
    options += ["--queue", "pessimistic", "--maker-fee-bps", "-0.5", "--step-ms", "50"]
    arguments = [recording, "--config", config, *options, "--seed", "4"]
    settings = _table(capsys, *arguments)
    assert settings["latency: feed, entry, answer"] == "1, 7, 2.5 ms"
    assert (settings["step"], settings["queue"]) == ("50 ms", "pessimistic")
    assert (settings["maker fee"], settings["seed"]) == ("-0.5 bps", "4")
    result = _json(capsys, *arguments)
    assert Decimal(result["pnl"]["fees"]) == Decimal(result["turnover"]) * Decimal("0.00005")


def test_a_strategy_option_replaces_the_configs(capsys, recording, config):
    settings = _table(capsys, recording, "--config", config, "--strategy", "symmetric")
    assert settings["strategy"] == "symmetric"


def test_without_a_config_the_documented_start_is_run_and_shown(capsys, recording):
    settings = _table(capsys, recording)
    shown = {name: settings[name] for name in ("gamma", "kappa", "tau", "min_spread_bps")}
    assert shown == {"gamma": "0.05", "kappa": "2", "tau": "1", "min_spread_bps": "3"}


def test_the_table_shows_money_settings_and_hash(capsys, recording, config):
    assert run(["replay", str(recording), "--config", str(config)]) == 0
    shown = capsys.readouterr()
    for word in (
        "fills",
        "net",
        "gamma",
        "largest drawdown",
        "spread",
        "quoting uptime",
        "queue",
        "state hash",
    ):
        assert word in shown.out
    assert shown.err == ""


@pytest.mark.slow
def test_two_processes_agree_on_the_state_hash(recording, config):
    def state_hash(hash_seed):
        environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", "from market_maker.cli.main import main; main()"]
        command += ["replay", str(recording), "--config", str(config), "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, check=True)
        return json.loads(done.stdout)["state_hash"]

    assert state_hash("0") == state_hash("12345")


def test_a_report_is_written_and_not_overwritten_unless_forced(capsys, recording, config, tmp_path):
    page = tmp_path / "report.html"
    arguments = [recording, "--config", config, "--report", page]
    result = _json(capsys, *arguments)
    assert result["state_hash"] in page.read_text()
    page.write_text("mine")
    assert _refused(capsys, *arguments).startswith("error: report: ")
    assert page.read_text() == "mine"
    _json(capsys, *arguments, "--force")
    assert page.read_text().startswith("<!doctype html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pool.toml", "report.html"]


def test_a_report_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path):
    with pytest.raises(InvalidDataError, match=r"gone/r\.html: cannot be written: no such file"):
        report_file.write_report(tmp_path / "gone" / "r.html", "page")
    assert list(tmp_path.iterdir()) == []


def test_a_report_never_replaces_the_recording(capsys, recording):
    before = recording.read_bytes()
    line = _refused(capsys, recording, "--report", recording, "--force")
    assert line.startswith("error: report: ")
    assert line.endswith("any file but the recording")
    assert recording.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--latency-ms", "-1"], "latency_ms"),
        (["--latency-ms", "nan"], "latency_ms"),
        (["--latency-ms", "inf"], "latency_ms"),
        (["--latency-ms", ""], "latency_ms"),
        (["--latency-ms", "60001"], "latency_ms"),
        (["--feed-latency-ms", "0.0000001"], "feed_latency_ms"),
        (["--entry-latency-ms", "1e3"], "entry_latency_ms"),
        (["--response-latency-ms", ""], "response_latency_ms"),
        (["--step-ms", "0"], "step_ms"),
        (["--step-ms", "0.09"], "step_ms"),
        (["--queue", "optimistic"], "queue"),
        (["--strategy", "magic"], "strategy"),
        (["--maker-fee-bps", "NaN"], "maker_fee_bps"),
        (["--maker-fee-bps", "0.00001"], "maker_fee_bps"),
        (["--maker-fee-bps", "100000"], "maker_fee_bps"),
        (["--seed", "x"], "--seed"),
        (["--report", "no/such/folder/report.html"], "report"),
        (["--report", "."], "report"),
        (["--surprise"], "--surprise"),
    ],
)
def test_a_bad_option_is_one_line_that_names_it(capsys, recording, options, named):
    line = _refused(capsys, recording, *options)
    assert line.startswith("error: ")
    assert named in line


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("gama = 1", "gama"),
        ("order_size_usdt = -5", "order_size_usdt"),
        ("min_spread_bps = 60\nmax_spread_bps = 50", "min_spread_bps"),
        ("num_levels = 0", "num_levels"),
        ("num_levels = 1000", "num_levels"),
        ("gamma = nan", "gamma"),
        ('strategy = "magic"', "strategy"),
        ('symbol = "OTHER"', "symbol"),
        ("gamma = = 1", "line 1"),
    ],
)
def test_a_bad_config_is_one_line_that_names_the_field(capsys, recording, tmp_path, text, named):
    path = tmp_path / "pool.toml"
    path.write_text(text)
    page = tmp_path / "report.html"
    line = _refused(capsys, recording, "--config", path, "--report", page)
    assert named in line
    assert not page.exists()


def _truncated(path: Path, whole: bytes) -> None:
    path.write_bytes(whole[: len(whole) // 2])


def _foreign(path: Path, _whole: bytes) -> None:
    path.write_text("time,price\n1,2\n")


def _older(path: Path, whole: bytes) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(content, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "meta.json":
                data = json.dumps(json.loads(data) | {"version": 0}).encode()
            target.writestr(name, data)
    path.write_bytes(content.getvalue())


def _missing(_path: Path, _whole: bytes) -> None:
    pass


@pytest.mark.parametrize("spoil", [_truncated, _foreign, _older, _missing])
def test_a_file_that_is_no_recording_is_one_line_that_names_it(capsys, recording, tmp_path, spoil):
    path = tmp_path / "bad.mmrec"
    spoil(path, recording.read_bytes())
    page = tmp_path / "report.html"
    assert "bad.mmrec" in _refused(capsys, path, "--report", page)
    assert not page.exists()
