"""A replay's result as it stands in a terminal."""

import json

import msgspec
import pytest

from market_maker.cli.main import run
from market_maker.storage.recording import write_recording
from tests.toy_market import toy_recording

REMARK = "2 outages of the feed, 31.0 s in all"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    target = tmp_path_factory.mktemp("replay") / "toy.mmrec"
    write_recording(target, msgspec.structs.replace(toy_recording(seconds=20), remarks=(REMARK,)))
    return str(target)


def replayed(capsys, *line):
    assert run(["replay", *line, "--one-queue", "--engine", "python"]) == 0
    return capsys.readouterr().out


def test_every_amount_has_its_unit(path, capsys):
    shown = replayed(capsys, path)
    for name in ("volume, base currency", "turnover, USDT", "position at the end, base currency"):
        assert name in shown
    for name in ("largest position, base currency", "largest drawdown, USDT"):
        assert name in shown
    assert "2023-11-14 22:13:20 to 22:13:39 UTC" in shown


def test_what_the_importer_found_stands_under_the_result(path, capsys):
    """Remarks stood in the recording, and nothing but its import ever showed them."""
    assert f"Of the data: {REMARK}." in replayed(capsys, path)


def test_few_fills_are_said_to_prove_nothing(path, capsys):
    assert "too few to judge a strategy by" in replayed(capsys, path)


def test_the_object_says_on_which_terms_and_data(path, capsys):
    """It held figures alone: neither fee, nor latency, nor queue."""
    shown = json.loads(replayed(capsys, path, "--json", "--maker-fee-bps", "2"))
    settings = shown["settings"]
    assert (settings["maker_fee_bps"], settings["entry_latency_ms"]) == ("2", "5")
    assert settings["recording"]["remarks"] == [REMARK]
    assert settings["config"]["symbol"] == "TOYUSDT"
