"""Tables in a file or a pipe are whole."""

import re
from pathlib import Path

import pytest
from rich.table import Table

from market_maker import cli
from market_maker.cli.equal_turnover import print_standings
from market_maker.cli.table_console import print_prose, table_console
from market_maker.research.equal_turnover import Standing
from market_maker.research.fill_outcomes import HORIZONS_S
from market_maker.research.resampling import Interval


def test_no_column_of_a_file_is_folded_however_wide_the_table(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    table = Table(box=None)
    cells = [f"cell {number} " + "x" * 50 for number in range(40)]
    for _ in cells:
        table.add_column("name of a column", overflow="fold")
    table.add_row(*cells)
    table_console().print(table)
    _, row = capsys.readouterr().out.splitlines()
    for cell in cells:
        assert cell in row


@pytest.mark.parametrize("name", ["a[b]c[/b]", ":smile:.mmrec", "[link=x]y"])
def test_names_are_printed_as_they_are(capsys, name):
    table = Table("name", title=name)
    table.add_row(name)
    console = table_console()
    console.print(table)
    print_prose(console, f"about {name}")
    assert capsys.readouterr().out.count(name) == 3


def test_prose_has_lines_of_a_page(capsys):
    text = "word " * 100
    print_prose(table_console(), text)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(line.strip() for line in lines) == text.strip()


def test_standings_of_long_names_are_a_line_each(capsys):
    where, label = "recording-" + "a" * 80, "with size_of_a_level_by_depth = " + "9" * 40
    apart = Interval(-12_345.678, -23_456.789, -1_234.567)
    standing = Standing(
        where=where,
        label=label,
        turnover=123_456_789_012.0,
        turnover_ratio=0.123,
        held=123_456_789.0,
        dials=(0.01, 123.45),
        earned=dict.fromkeys(HORIZONS_S, -12_345.678),
        apart=dict.fromkeys(HORIZONS_S, apart),
        blocks=7,
    )
    print_standings([standing], as_json=False)
    (row,) = (line for line in capsys.readouterr().out.splitlines() if where in line)
    assert label in row
    assert row.rstrip().endswith(" 7")


def test_every_table_on_standard_output_is_printed_there():
    """A console of its own folds at 80 columns where there is no terminal."""
    folds = re.compile(r"Console\(\)\.print|console or Console\(\)|Console\(width=")
    for path in Path(cli.__file__).parent.glob("*.py"):
        if path.stem != table_console.__module__.rpartition(".")[2]:
            assert not folds.search(path.read_text()), path
