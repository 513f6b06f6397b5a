"""`compare --equal-turnover`: the recommended pool against both references."""

import json

import pytest

from market_maker.cli.main import run
from market_maker.storage.recording import write_recording
from tests.toy_market import toy_recording


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    target = tmp_path_factory.mktemp("equal") / "toy.mmrec"
    write_recording(target, toy_recording(seconds=260))
    return target


def test_the_table_holds_every_strategy_with_its_interval_and_its_inventory(path, capsys):
    assert run(["compare", str(path), "--equal-turnover", "--jobs", "1", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert [each["label"] for each in table] == [
        "recommended",
        "reference_glft",
        "reference_hummingbot",
    ]
    for each in table:
        assert each["where"] == "toy"
        assert each["held"] >= 0
        assert set(each["apart"]) == {"5", "30"}
    assert table[0]["apart"]["5"]["value"] in (0.0, None)


def test_the_page_says_where_the_first_is_better_and_where_it_is_not(path, capsys):
    assert run(["compare", str(path), "--equal-turnover", "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "toy: recommended against reference_glft:" in out
    assert "inventory" in out


def test_several_recordings_are_refused_where_turnover_is_not_made_equal(path, capsys):
    assert run(["compare", str(path), str(path)]) == 2
    assert "--equal-turnover" in capsys.readouterr().err


def test_two_recordings_of_one_name_are_refused(path, capsys):
    assert run(["compare", str(path), str(path), "--equal-turnover"]) == 2
    assert "allowed: files whose names differ" in capsys.readouterr().err
