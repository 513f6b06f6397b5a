"""What a backup holds beside the database."""

import shlex
import sqlite3
import stat
from contextlib import closing

import pytest

from market_maker.api.revocations import Revoked, read_revoked, write_revoked
from market_maker.cli.main import run
from market_maker.clocks import TimeOfDay
from market_maker.settings import LOCK_NAME
from tests.support.full_disk import full_disk

KEPT = {"audit-anchors.jsonl", "wallet.jsonl", "development-key.pem", "revoked-tokens.json"}


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    (folder / "journal" / "BTCUSDT-PERP").mkdir(parents=True)
    (folder / "journal" / "BTCUSDT-PERP" / "1").write_text("turns")
    for name in (*KEPT, LOCK_NAME, "heartbeat"):
        (folder / name).write_text("{}" if name == "revoked-tokens.json" else name)
    with closing(sqlite3.connect(folder / "market_maker.db")) as database:
        database.execute("CREATE TABLE t (n)")
    return folder


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_it_holds_what_cannot_be_made_again_and_nothing_of_the_moment(data, tmp_path, capsys):
    copy = tmp_path / "copy"
    assert run(["backup", str(copy), "--data-dir", str(data)]) == 0
    assert names(copy) == KEPT | {"market_maker.db"}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700
    assert "audit-anchors.jsonl, market_maker.db" in capsys.readouterr().out


def test_the_journal_comes_along_when_it_is_asked_for_and_all_of_it_comes_back(data, tmp_path):
    copy, again = tmp_path / "copy", tmp_path / "again"
    assert run(["backup", str(copy), "--data-dir", str(data), "--with-journal"]) == 0
    assert run(["restore", str(copy), "--data-dir", str(again)]) == 0
    assert names(again) == KEPT | {"market_maker.db", "journal", LOCK_NAME}
    assert (again / "journal" / "BTCUSDT-PERP" / "1").read_text() == "turns"


def test_what_to_do_after_a_restore_names_the_directory_that_it_was_brought_into(
    data, tmp_path, capsys
):
    copy, again = tmp_path / "copy", tmp_path / "brought back"
    assert run(["backup", str(copy), "--data-dir", str(data)]) == 0
    capsys.readouterr()
    assert run(["restore", str(copy), "--data-dir", str(again)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    checks = [shlex.split(each) for each in last.removeprefix("now: ").split("; ")]
    assert [each[-2:] for each in checks] == [["--data-dir", str(again)]] * 3


def test_a_full_disk_leaves_no_half_of_a_backup_and_none_of_a_restored_database(
    data, tmp_path, capsys
):
    copy, again = tmp_path / "copy", tmp_path / "again"
    with full_disk():
        assert run(["backup", str(copy), "--data-dir", str(data)]) != 0
    assert not copy.exists()
    assert run(["backup", str(copy), "--data-dir", str(data)]) == 0
    with full_disk():
        assert run(["restore", str(copy), "--data-dir", str(again)]) != 0
    assert names(again) <= {LOCK_NAME}
    assert capsys.readouterr().err.count("\n") == 2
    assert run(["restore", str(copy), "--data-dir", str(again)]) == 0
    assert names(again) == KEPT | {"market_maker.db", LOCK_NAME}


def test_a_disk_that_fills_up_during_a_restore_leaves_nothing_of_it(data, tmp_path, capsys):
    """The database still fits; the journal does not."""
    copy, again = tmp_path / "copy", tmp_path / "again"
    (data / "journal" / "BTCUSDT-PERP" / "1").write_bytes(bytes(100_000))
    assert run(["backup", str(copy), "--data-dir", str(data), "--with-journal"]) == 0
    with full_disk(room=50_000):
        assert run(["restore", str(copy), "--data-dir", str(again)]) != 0
    assert names(again) <= {LOCK_NAME}
    (error,) = capsys.readouterr().err.splitlines()
    turns = again / "journal" / "BTCUSDT-PERP" / "1"
    assert error == f"error: {turns}: cannot be written: file too large"
    assert run(["restore", str(copy), "--data-dir", str(again)]) == 0
    assert names(again) == KEPT | {"market_maker.db", "journal", LOCK_NAME}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["backup", "{data}", "--data-dir", "{data}"], "exists: name a new directory"),
        (["backup", "/proc/x", "--data-dir", "{data}"], "/proc/x: is no directory to write to"),
        (["restore", "{data}/none", "--data-dir", "{new}"], "there is no such directory"),
        (["restore", "{new}", "--data-dir", "{data}"], "holds no market_maker.db"),
    ],
)
def test_what_makes_no_sense_is_one_line(data, tmp_path, capsys, arguments, said):
    (tmp_path / "new").mkdir()
    places = {"data": data, "new": tmp_path / "new"}
    assert run([word.format(**places) for word in arguments]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1


def anchor(seq):
    return f'{{"ts":1,"seq":{seq},"hash":"{"a" * 64}"}}\n'


def test_what_a_later_life_left_in_the_directory_is_kept_and_its_anchors_put_aside(data, tmp_path):
    """The database was lost, and the directory beside it was not."""
    copy = tmp_path / "copy"
    then = Revoked(ids=("t-1", "t-2"), before={"ann": 9, "bob": 5})
    write_revoked(data / "revoked-tokens.json", then)
    (data / "audit-anchors.jsonl").write_text(anchor(1))
    assert run(["backup", str(copy), "--data-dir", str(data)]) == 0
    (data / "market_maker.db").unlink()
    (data / "audit-anchors.jsonl").write_text(anchor(1) + anchor(2))
    (data / "wallet.jsonl").write_text("paid since")
    write_revoked(data / "revoked-tokens.json", Revoked(ids=("t-3",), before={"bob": 7}))
    since = TimeOfDay().now() // 10**9
    assert run(["restore", str(copy), "--data-dir", str(data)]) == 0
    assert (data / "wallet.jsonl").read_text() == "paid since"
    assert (data / "audit-anchors.jsonl").read_text() == anchor(1)
    assert (data / "audit-anchors.jsonl.later.1").read_text() == anchor(1) + anchor(2)
    revoked = read_revoked(data / "revoked-tokens.json")
    assert revoked.ids == ("t-1", "t-2", "t-3")
    assert revoked.names("", "anybody", since)
    assert {whose: revoked.before[whose] for whose in ("ann", "bob")} == {"ann": 9, "bob": 7}


def test_a_restore_that_fails_leaves_what_was_there_as_it_was(data, tmp_path):
    copy = tmp_path / "copy"
    assert run(["backup", str(copy), "--data-dir", str(data), "--with-journal"]) == 0
    (data / "market_maker.db").unlink()
    (data / "audit-anchors.jsonl").write_text("later")
    # The journal that is there already is in the way.
    assert run(["restore", str(copy), "--data-dir", str(data)]) == 2
    assert (data / "audit-anchors.jsonl").read_text() == "later"
    assert not (data / "market_maker.db").exists()
