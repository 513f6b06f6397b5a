"""`market_maker parity` on the command line."""

import json

import pytest

from market_maker.cli.main import run
from market_maker.journaling.journal_files import JOURNAL_FOLDER
from tests.support.lived import Lived
from tests.toy_market import INSTRUMENT

SYMBOL = INSTRUMENT.symbol


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    Lived(folder).go().done()
    return folder


def parity(data, *arguments, symbol=SYMBOL):
    return run(["parity", "--symbol", symbol, "--data-dir", str(data), *arguments])


def test_it_prints_the_gap_and_its_parts(data, capsys):
    assert parity(data) == 0
    said = capsys.readouterr().out
    for words in ("The gap, live less simulated", "latency", "fees", "fills and decisions"):
        assert words in said


def test_json_and_a_page(data, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert parity(data, "--json", "--maker-fee-bps", "0.2", "--report", str(page)) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["gap"] == "0"
    assert result["matches"]["only_live"] == 0
    assert result["symbol"] == SYMBOL
    assert "Live against simulation" in page.read_text()
    assert parity(data, "--report", str(page)) == 2
    assert "--force" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "2026-01-02T00:00", "--until", "2026-01-01T00:00"), "--until"),
        (("--since", "yesterday"), "--since"),
        (("--since", "2026-01-02T00:00"), "in the span asked for"),
        (("--queue", "none"), "queue"),
    ],
)
def test_what_cannot_be_is_one_line(data, capsys, arguments, words):
    assert parity(data, *arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1


def test_without_a_journal_and_of_another_name(data, tmp_path, capsys):
    assert parity(tmp_path) == 2
    assert capsys.readouterr().err == f"error: there is no journal in {tmp_path / JOURNAL_FOLDER}\n"
    assert parity(data, symbol="TOYUSD") == 2
    assert f"nearest names there: {SYMBOL}" in capsys.readouterr().err
