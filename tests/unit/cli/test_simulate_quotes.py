import json

import pytest

from market_maker.cli.main import run
from market_maker.cli.simulate_quotes import Clamps, clamps_told
from market_maker.research.clamp_tables import DayRow, ShareRow, spreads


def test_the_accuracy_table_shows_published_and_obtained_side_by_side(capsys):
    assert run(["simulate", "glft-accuracy"]) == 0
    shown = capsys.readouterr().out
    words = ("published", "obtained", "2.6328 / 3.9929", "closed form", "Hyperliquid", "-1.85")
    assert [word for word in words if word not in shown] == []
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_the_accuracy_table_as_json(capsys):
    assert run(["simulate", "glft-accuracy", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 4 * 5
    keys = ["lots", "formula", "published_bid", "published_ask", "bid", "ask"]
    assert [row for row in rows if list(row) != keys] == []


@pytest.mark.slow
def test_the_clamps_are_simulated(capsys):
    assert run(["simulate", "clamps", "--paths", "1", "--json"]) == 0
    tables = json.loads(capsys.readouterr().out)
    assert [len(tables[name]) for name in ("spreads", "shares", "days")] == [20, 20, 16]


def test_the_clamps_fit_the_screen(capsys):
    shares = [ShareRow("NBH", "BTC", 100, 0, 99.9, 0.1)]
    days = [DayRow("BTC", "mean spread", 12.6, 12.5)]
    clamps_told(Clamps(spreads(), shares, days), 20, 1)
    shown = capsys.readouterr().out
    words = ("12.65 (2.7)", "12.65 (2.67)", "100 / 0", "99.9 / 0.1", "12.6", "12.500", "20 days")
    assert [word for word in words if word not in shown] == []
    assert max(len(line) for line in shown.splitlines()) <= 80


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--paths", "0"], "paths"),
        (["--paths", "many"], "paths"),
        (["--paths", "100000"], "paths"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_exit_code_2(capsys, arguments, named):
    assert run(["simulate", "clamps", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert named in captured.err
