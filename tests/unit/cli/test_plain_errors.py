"""An error is one line on a terminal, and shows no key that was typed in the wrong place."""

import pytest

from market_maker.cli import main
from market_maker.cli.plain_errors import HIDDEN, one_line

KEY = "0x" + "1a" * 32


@pytest.mark.parametrize(
    "words",
    [
        f"run {KEY}",
        f"status {KEY[2:]}",
        f"--asset {KEY} run",
        f"{KEY} run",
        f"--private-kye={KEY} status",
        f"run --private-kye {KEY}",
        f"run --private-key-file {KEY}",
        f"run --network {KEY}",
        f"validate-config --decimals {KEY}",
        f"generate-config {KEY}",
        f"watchdog {KEY}",
    ],
)
def test_a_key_in_the_wrong_place_is_not_repeated(capsys, monkeypatch, tmp_path, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MM_DATA_DIR", str(tmp_path))
    assert main.run(words.split()) == 2
    shown = capsys.readouterr()
    assert KEY[2:50] not in shown.err + shown.out
    assert HIDDEN in shown.err + shown.out or KEY[2:10] not in shown.err + shown.out


def test_a_key_in_the_wrong_setting_of_the_file_is_not_repeated(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "market_maker.toml").write_text(f'[trading]\nasset = "{KEY}"\n')
    assert main.run(["status"]) == 2
    assert KEY[2:] not in capsys.readouterr().err


def test_a_key_as_a_command_is_not_repeated(capsys):
    assert main.run([KEY]) == 2
    assert KEY[2:] not in capsys.readouterr().err


def test_commands_without_keys_name_hashes(capsys):
    digest = "ab" * 32
    assert main.run(["audit", "verify", digest]) == 2
    assert digest in capsys.readouterr().err


def test_what_a_venue_answers_cannot_move_the_cursor_or_begin_a_line():
    said = "meta: HTTP 400: \x1b[2J gone\r\nerror: all is well\x07"
    assert one_line(said, ["run"]) == r"meta: HTTP 400: \x1b[2J gone error: all is well\x07"
    assert one_line(f"x {KEY} y", ["run"]) == f"x {HIDDEN} y"
