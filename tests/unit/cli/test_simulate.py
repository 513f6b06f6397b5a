import json

import pytest

from market_maker.cli.main import run

COMMAND = ["simulate", "avellaneda-stoikov"]


def test_json_is_one_list_of_the_documented_rows(capsys):
    assert run([*COMMAND, "--paths", "50", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 30
    keys = ["gamma", "strategy", "quantity", "published", "obtained", "standard_error"]
    assert [row for row in rows if list(row) != keys] == []
    assert {row["strategy"] for row in rows} == {"inventory", "symmetric"}
    assert {row["gamma"] for row in rows} == {0.1, 0.01, 1}


def test_the_table_shows_published_and_obtained_side_by_side(capsys):
    assert run([*COMMAND, "--paths", "50"]) == 0
    shown = capsys.readouterr().out
    words = ("published", "obtained", "±", "exact", "apart", "68.4", "inventory", "2008")
    assert [word for word in words if word not in shown] == []
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_the_same_seed_prints_the_same(capsys):
    shown = []
    for seed in ("5", "5", "6"):
        assert run([*COMMAND, "--paths", "50", "--seed", seed, "--json"]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1] != shown[2]


@pytest.mark.parametrize("paths", ["0", "-5", "1e3", "99999999999999999999"])
def test_paths_that_make_no_sense_are_one_line_and_exit_code_2(capsys, paths):
    assert run([*COMMAND, "--paths", paths]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert "paths" in captured.err


def test_a_simulation_must_be_named_and_help_lists_it(capsys):
    assert run(["simulate", "--help"]) == 0
    assert "avellaneda-stoikov" in capsys.readouterr().out
    assert run(["simulate", "astrology"]) == 2
