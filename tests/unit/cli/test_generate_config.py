"""`generate-config` writes a file once; `validate-config` takes what it wrote."""

import pytest

from market_maker.cli import main
from market_maker.settings import VARIABLES
from tests.support.full_disk import full_disk


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (*VARIABLES, "HYPERLIQUID_PRIVATE_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_a_file_that_is_there_is_never_replaced_without_force(tmp_path, capsys):
    path = tmp_path / "market_maker.toml"
    assert main.run(["generate-config"]) == 0
    assert capsys.readouterr().out == "Sample config written to: market_maker.toml\n"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("# mine\n")
    assert main.run(["generate-config"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert path.read_text() == "# mine\n"
    assert main.run(["generate-config", "--force"]) == 0
    assert "[kill_switch]" in path.read_text()


def test_a_full_disk_leaves_the_file_that_was_there(tmp_path, capsys):
    path = tmp_path / "market_maker.toml"
    path.write_text("# mine\n")
    with full_disk():
        assert main.run(["generate-config", "--force"]) == 2
    assert capsys.readouterr().err.startswith("error: market_maker.toml: cannot be written")
    assert path.read_text() == "# mine\n"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_it_can_be_printed_or_written_elsewhere(tmp_path, capsys):
    assert main.run(["generate-config", "-o", "-"]) == 0
    printed = capsys.readouterr().out
    assert main.run(["-c", "other.toml", "generate-config"]) == 0
    assert (tmp_path / "other.toml").read_text() == printed


def test_validate_config_checks_the_maker_where_there_is_a_file_of_it(tmp_path, capsys):
    assert main.run(["validate-config"]) == 0
    assert "trading.asset" not in capsys.readouterr().out
    main.run(["generate-config"])
    capsys.readouterr()
    assert main.run(["validate-config"]) == 0
    both = capsys.readouterr().out
    assert "HTTP_PORT" in both
    assert "trading.asset" in both
    assert main.run(["--asset", "ETH", "validate-config"]) == 0
    alone = capsys.readouterr().out
    assert "HTTP_PORT" not in alone
    assert "command line" in alone
    (tmp_path / "market_maker.toml").write_text("[trading]\nleverge = 3\n")
    assert main.run(["validate-config"]) == 2
    assert "the nearest is trading.leverage" in capsys.readouterr().out


def test_a_bad_key_is_refused_and_not_shown(monkeypatch, capsys):
    monkeypatch.setenv("HYPERLIQUID_PRIVATE_KEY", "0x123456")
    assert main.run(["--asset", "ETH", "validate-config", "--json"]) == 2
    shown = capsys.readouterr().out
    assert "64 hex digits" in shown
    assert "123456" not in shown
