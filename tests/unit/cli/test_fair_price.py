"""`market_maker fair-price` as a person calls it, and a leading recording in other commands."""

import json
from pathlib import Path

import pytest

from market_maker.cli.main import run
from market_maker.cli.replay_options import lead_of_each
from market_maker.model.errors import InvalidFieldError
from market_maker.research.fair_accuracy import (
    FORECAST,
    FORECAST_WITH_LEAD,
    HORIZONS_S,
    SOURCES,
    WITH_LEAD,
)
from market_maker.storage.recording import write_recording
from tests.led_pair import led_pair
from tests.toy_market import toy_recording

ALL = (*SOURCES, WITH_LEAD, FORECAST, FORECAST_WITH_LEAD)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    for name, recording in zip(("ours", "leader"), led_pair(seconds=90), strict=True):
        write_recording(folder / name, recording)
    write_recording(folder / "short", toy_recording(seconds=20))
    (folder / "out").mkdir()
    return {path.name: str(path) for path in folder.iterdir()}


def test_the_table_and_the_object_name_every_source_and_horizon(capsys, paths):
    assert run(["fair-price", paths["ours"], "--lead", paths["leader"], "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert report["symbol"] == "TOYUSDT"
    found = {(row["source"], row["horizon_s"]) for row in report["sources"]}
    assert found == {(s, h) for s in ALL for h in HORIZONS_S}
    assert run(["fair-price", paths["ours"]]) == 0
    shown = capsys.readouterr().out
    assert "slope" in shown
    assert WITH_LEAD not in shown


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["fair-price", "{short}"], "20 s long: it takes more than 65 s"),
        (["fair-price", "{ours}", "--lead", "{short}"], "20 s of it lie within the other"),
        (["replay", "{ours}", "--lead", "{leader}"], "regression, where a leading market is given"),
        (["estimates", "{ours}", "--lead", "{leader}"], "regression, where a leading market"),
        (["replay", "{ours}", "--lead", "/dev/zero"], "device"),
        (["compare", "{ours}", "--lead", "{leader}"], "regression, where a leading market"),
        (["compare", "{ours}", "--lead", "{leader}", "--lead", "{short}"], "lead: 2 is not"),
        (["compare", "{ours}", "--equal-turnover", "--lead", "{short}"], "20 s of it lie within"),
        (
            ["sweep", "{ours}", "--over", "gamma=1,2", "--lead", "{leader}", "-o", "{out}"],
            "regression, where a leading market",
        ),
    ],
    ids=str,
)
def test_what_cannot_lead_is_refused_in_one_line(capsys, paths, line, told):
    assert run([word.format(**paths) for word in line]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert told in error


def test_a_pool_that_names_a_leader_is_given_one(capsys, paths, tmp_path):
    pool = tmp_path / "pool.toml"
    pool.write_text('fair_price = "regression"\nlead_symbol = "LEADUSD"\n')
    assert run(["replay", paths["ours"], "--config", str(pool)]) == 2
    assert "--lead with a recording of LEADUSD" in capsys.readouterr().err


def test_a_replay_says_which_market_led(capsys, paths, tmp_path):
    pool = tmp_path / "pool.toml"
    pool.write_text('fair_price = "regression"\n')
    line = ["replay", paths["ours"], "--config", str(pool), "--lead", paths["leader"], "--json"]
    assert run([*line, "--one-queue"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["engine_reason"] == "a leading market is not compiled yet"


@pytest.fixture
def following(tmp_path):
    pool = tmp_path / "pool.toml"
    pool.write_text(
        'strategy = "calibrated"\nfair_price = "regression"\nreact = true\ngamma = 30\n'
        "min_spread_bps = 0\n"
    )
    return ["--config", str(pool), "--jobs", "1", "--json"]


def test_a_comparison_follows_the_leader_as_a_replay_does(capsys, paths, following):
    line = ["compare", paths["ours"], *following, "--strategies", "calibrated", "--no-stress"]
    found = []
    for lead in ([], ["--lead", paths["leader"]]):
        assert run([*line, *lead]) == 0
        (case,) = json.loads(capsys.readouterr().out)["cases"]
        found.append(case["result"])
    alone, led = found
    assert led["engine_reason"] == "a leading market is not compiled yet"
    assert alone["engine"] == ("python" if alone["engine_reason"] else "compiled")
    assert alone["state_hash"] != led["state_hash"]
    pool = following[1]
    line = ["replay", paths["ours"], "--config", pool, "--lead", paths["leader"], "--json"]
    assert run([*line, "--one-queue"]) == 0
    assert json.loads(capsys.readouterr().out)["state_hash"] == led["state_hash"]


@pytest.mark.thorough
def test_every_run_of_a_sweep_follows_the_leader_and_its_folder_is_known_by_it(
    capsys, paths, following, tmp_path
):
    line = ["sweep", paths["ours"], *following, "--over", "min_spread_bps=1"]
    earned = []
    for name, lead in (("alone", []), ("led", ["--lead", paths["leader"]])):
        assert run([*line, *lead, "-o", str(tmp_path / name)]) == 0
        shown = capsys.readouterr()
        earned.append(json.loads(shown.out)["rows"][0]["net_pnl"])
        assert ("a leading market is not compiled yet" in shown.err) == bool(lead)
    assert earned[0] != earned[1]
    assert run([*line, "-o", str(tmp_path / "led")]) == 2
    assert "led by leader" in capsys.readouterr().err


def test_one_leader_serves_all_recordings_or_each_has_its_own():
    one, two = Path("one"), Path("two")
    assert lead_of_each([], 2) == [None, None]
    assert lead_of_each([one], 2) == [one, one]
    assert lead_of_each([one, two], 2) == [one, two]
    with pytest.raises(InvalidFieldError, match="one, or 3: one for each recording"):
        lead_of_each([one, two], 3)
