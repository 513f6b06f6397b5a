"""`market_maker fair-price` as a person calls it, and a leading recording in other commands."""

import json

import pytest

from market_maker.cli.main import run
from market_maker.research.fair_accuracy import HORIZONS_S, SOURCES, WITH_LEAD
from market_maker.storage.recording import write_recording
from tests.led_pair import led_pair
from tests.toy_market import toy_recording


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    for name, recording in zip(("ours", "leader"), led_pair(seconds=90), strict=True):
        write_recording(folder / name, recording)
    write_recording(folder / "short", toy_recording(seconds=20))
    return {path.name: str(path) for path in folder.iterdir()}


def test_the_table_and_the_object_name_every_source_and_horizon(capsys, paths):
    assert run(["fair-price", paths["ours"], "--lead", paths["leader"], "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert report["symbol"] == "TOYUSDT"
    found = {(row["source"], row["horizon_s"]) for row in report["sources"]}
    assert found == {(s, h) for s in (*SOURCES, WITH_LEAD) for h in HORIZONS_S}
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
