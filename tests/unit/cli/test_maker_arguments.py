"""Options of the maker stand before or behind the command; without one they mean `run`."""

import pytest

from market_maker.cli import main
from market_maker.cli.maker_arguments import arranged, without_key
from market_maker.model.errors import InvalidFieldError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--asset BTC", "run --asset BTC"),
        ("--dry-run", "run --dry-run"),
        ("--list-dexs", "run --list-dexs"),
        ("--network testnet status", "status --network testnet"),
        ("--network=testnet status --json", "status --network=testnet --json"),
        (
            "-c a.toml --force-isolated run --asset ETH",
            "run -c a.toml --force-isolated --asset ETH",
        ),
        ("--asset ETH validate-config", "validate-config --asset ETH"),
        ("run --asset BTC --dex hyena", "run --asset BTC --dex hyena"),
        ("status", "status"),
        ("demo --seconds 5", "demo --seconds 5"),
        ("--version", "--version"),
        ("--help", "--help"),
        ("", ""),
        ("--asset", "run --asset"),
    ],
)
def test_the_words_of_the_sop_work_in_every_order(typed, meant):
    assert arranged(typed.split()) == meant.split()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("--assset BTC", "the nearest is --asset"),
        ("--asset BTC demo", "before one of run, status"),
        ("--zzzzzz run", "market_maker run --help"),
    ],
)
def test_an_option_that_does_not_belong_there_is_refused(typed, said):
    with pytest.raises(InvalidFieldError, match=said):
        arranged(typed.split())


@pytest.mark.parametrize("typed", ["--private-key 0xab run", "run --private-key=0xab"])
def test_a_key_is_taken_out_of_the_arguments(typed):
    assert without_key(typed.split()) == (["run"], "0xab")
    assert without_key(["status"]) == (["status"], None)


def test_a_maker_command_has_every_option_of_the_sop_with_its_variable(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    assert main.run(["validate-config", "--help"]) == 0
    shown = capsys.readouterr().out
    for word in ("--asset", "--max-position", "--dex", "--log-dir", "HYPERLIQUID_METRICS_PORT"):
        assert word in shown


def test_bare_market_maker_says_how_to_run_without_a_command(capsys):
    assert main.run([]) == 0
    assert "any option of `run` starts the Hyperliquid maker" in " ".join(
        capsys.readouterr().out.split()
    )
