import asyncio
import sqlite3

import pytest

from market_maker.cli import main
from market_maker.cli.audit_log import EXIT_CANNOT_TELL, EXIT_FLAWED, FLAWS_SHOWN, verdict_lines
from market_maker.clocks import SimClock
from market_maker.execution.alarms import SERVICE
from market_maker.journaling.audit import (
    Anchor,
    AuditEntry,
    AuditTrail,
    ChainFlaw,
    ChainVerdict,
)
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos
from market_maker.storage.database import embedded_url, open_database
from market_maker.storage.store import DatabaseStore

pytestmark = pytest.mark.thorough

START = Nanos(1_770_000_000_000_000_000)

ANCHOR = Anchor(ts=Nanos(1_760_000_000_000_000_000), seq=5, hash="a" * 64)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("POSTGRES_URL", raising=False)
    monkeypatch.setenv("MM_DATA_DIR", str(tmp_path))
    return tmp_path


def test_a_whole_log_is_called_whole_with_its_last_anchor():
    assert list(verdict_lines("db", (ANCHOR,), ChainVerdict(5, 2, (), external=5))) == [
        "audit log of db",
        "5 records, 2 anchors, the last at record 5, 2025-10-09 08:53:20.000000Z",
        "whole: as it was written, nothing missing",
    ]


def test_what_no_anchor_from_elsewhere_covers_is_said():
    *_, alone = verdict_lines("db", (ANCHOR,), ChainVerdict(5, 1, ()))
    assert "cannot be proved without a head that was kept elsewhere" in alone
    *_, behind = verdict_lines("db", (ANCHOR,), ChainVerdict(5, 2, (), external=3))
    assert "up to record 3 by what was kept elsewhere" in behind


def test_flaws_are_named_by_record_and_a_flood_of_them_is_cut():
    flaws = tuple(ChainFlaw(seq, "is missing") for seq in range(1, FLAWS_SHOWN + 8))
    lines = list(verdict_lines("db", (), ChainVerdict(99, 0, flaws)))
    assert lines[1:3] == ["99 records, 0 anchors", "record 1: is missing"]
    assert lines[-2:] == ["and 7 more", "NOT what was written"]


def test_of_an_empty_log_without_anchors_nothing_can_be_said(capsys):
    main.run(["db", "upgrade"])
    assert main.run(["audit", "verify"]) == EXIT_CANNOT_TELL
    assert "unknown: the log is empty" in capsys.readouterr().out


async def filled(folder):
    database = open_database(embedded_url(folder))
    try:
        store = DatabaseStore(database)
        trail = AuditTrail(store, SimClock(START))
        async with store.transaction() as unit:
            await unit.pools.add(PoolConfig(symbol="X"), Nanos(START - 1))
            for number in range(3):
                entry = AuditEntry(caller=SERVICE, action="pool.create", target=f"X{number}")
                await trail.append(unit, entry)
    finally:
        await database.close()


@pytest.fixture
def log(folder):
    """Three records, the first of them of a pool that is there; and a head."""
    main.run(["db", "upgrade"])
    asyncio.run(filled(folder))
    return folder


def cut(folder, after):
    """Take the newest records away, as the owner of the file can."""
    database = sqlite3.connect(folder / "market_maker.db")
    for name in ("audit_log_no_DELETE", "audit_log_no_delete"):
        database.execute(f"DROP TRIGGER IF EXISTS {name}")
    database.execute("DELETE FROM audit_log WHERE seq > ?", (after,))
    database.commit()
    database.close()


def printed_head(capsys):
    capsys.readouterr()
    assert main.run(["audit", "head"]) == 0
    return capsys.readouterr().out.strip()


def test_log_and_anchors_cut_together_are_found_by_a_head_that_was_kept(log, capsys):
    kept = printed_head(capsys)
    assert main.run(["audit", "verify", "--head", kept]) == 0
    assert "whole: as it was written, nothing missing" in capsys.readouterr().out
    cut(log, 2)
    assert main.run(["audit", "verify", "--head", kept]) == EXIT_FLAWED
    assert "record 3: is missing: the end was cut off" in capsys.readouterr().out


def test_when_all_records_and_the_anchors_are_gone_what_was_changed_shows_it(log, capsys):
    cut(log, 0)
    assert main.run(["audit", "verify"]) == EXIT_FLAWED
    verdict_lines = capsys.readouterr().out
    assert "record 1: is missing: something was changed after the last record" in verdict_lines
    assert "whole" not in verdict_lines


@pytest.mark.parametrize("text", ["3", "x:y", ":", "-1:a"])
def test_a_head_that_is_none_is_refused(text, capsys):
    main.run(["db", "upgrade"])
    assert main.run(["audit", "verify", "--head", text]) == 2
    assert "--head" in capsys.readouterr().err


def test_a_copy_of_the_anchors_counts_as_kept_elsewhere(log, monkeypatch, capsys):
    kept = printed_head(capsys)
    seq, _, digest = kept.partition(":")
    copy = log / "elsewhere.jsonl"
    copy.write_text(f'{{"ts":1,"seq":{seq},"hash":"{digest}"}}\n')
    monkeypatch.setenv("AUDIT_ANCHOR_COPY", str(copy))
    assert main.run(["audit", "verify"]) == 0
    assert "whole: as it was written" in capsys.readouterr().out


def test_a_file_of_anchors_that_is_none_is_one_line_that_names_the_line(folder, capsys):
    main.run(["db", "upgrade"])
    anchors = folder / "copy.jsonl"
    anchors.write_text('{"ts":1}\n')
    assert main.run(["audit", "verify", "--anchors", str(anchors)]) == 2
    assert f"{anchors}, line 1: is not an anchor" in capsys.readouterr().err


def test_a_log_that_is_shorter_than_a_copied_anchor_is_not_whole(folder, capsys):
    main.run(["db", "upgrade"])
    anchors = folder / "copy.jsonl"
    anchors.write_text('{"ts":1,"seq":2,"hash":"x"}\n')
    assert main.run(["audit", "verify", "--anchors", str(anchors)]) == 1
    assert "record 1: is missing, and so are all up to 2: the end was cut off" in (
        capsys.readouterr().out
    )
