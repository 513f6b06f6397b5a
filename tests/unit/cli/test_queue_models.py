"""`market_maker queue-models` as a person calls it."""

import json

import pytest

from market_maker.cli.main import run
from tests.unit.research.test_queue_calibration import market


@pytest.fixture
def pair(tmp_path):
    """A LOBSTER pair of one price."""
    what = (("added", 1), ("cancelled", 3), ("traded", 4))
    messages, books = [], []
    for second, each in enumerate(market(seed=5, events=1_500)):
        kind, size = next((kind, getattr(each, name)) for name, kind in what if getattr(each, name))
        messages.append(f"{34_200 + second}.5,{kind},{each.order_id},{size},1000000,1")
        books.append(f"1100000,1,1000000,{each.displayed}")
    paths = tmp_path / "X_2012-06-21_message_1.csv", tmp_path / "X_2012-06-21_orderbook_1.csv"
    for path, lines in zip(paths, (messages, books), strict=True):
        path.write_text("\n".join([*lines, ""]))
    return [str(path) for path in paths]


@pytest.mark.thorough
def test_the_table_and_the_object_say_the_same(capsys, pair):
    assert run(["queue-models", *pair, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["low"] <= report["exponent"] <= report["high"]
    assert report["models"][0]["exponent"] is None
    assert run(["queue-models", *pair]) == 0
    shown = capsys.readouterr().out
    assert "pessimistic" in shown
    assert "95 % of resamples" in shown


def test_files_that_are_no_pair_are_one_line(capsys, tmp_path):
    path = tmp_path / "x"
    path.write_text("nothing\n")
    assert run(["queue-models", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "LOBSTER" in line


def test_too_few_orders_are_said_in_numbers(capsys, tmp_path):
    (tmp_path / "m").write_text("34200.1,1,11,5,1000000,1\n")
    (tmp_path / "b").write_text("1100000,1,1000000,9\n")
    assert run(["queue-models", str(tmp_path / "m"), str(tmp_path / "b")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "0 orders came to the head of their queue: at least 10" in line


@pytest.mark.thorough
def test_a_replay_takes_the_fit_that_was_written_and_says_its_exponent(capsys, pair, tmp_path):
    fit = tmp_path / "fit.json"
    assert run(["queue-models", *pair, "--out", str(fit)]) == 0
    told = capsys.readouterr().out
    assert ("a replay takes this fit" in told) == (json.loads(fit.read_bytes())["reason"] == "")
    assert run(["queue-models", *pair, "--out", str(fit)]) == 2
    assert "--force replaces it" in capsys.readouterr().err
