"""Backups of a service that quotes meanwhile, on both databases; and data of 0.2.0."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from market_maker.cli.service_client import ServiceClient
from market_maker.cli.tour import MEMBERS, POOL, Tour
from tests.e2e.running import Running
from tests.e2e.test_kill_without_http import SYMBOL, active_pool
from tests.servers import need_postgresql, postgresql

pytestmark = pytest.mark.slow
__all__ = ["postgresql"]

PROGRAM = Path(sys.executable).with_name("market_maker")
CASES = Path(__file__).parents[1] / "golden" / "cases"
RIGHT = "right: it balances, and follows from the fills to the last digit"


def said(*arguments, expected=0, **environment):
    ran = subprocess.run(
        [PROGRAM, *map(str, arguments)],
        env=os.environ | environment,  # noqa: TID251  for a child
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == expected, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


async def quoting(url):
    async with ServiceClient(url) as client:
        tour = Tour(client, POOL, MEMBERS, lambda _line: None)
        await tour.begin()
        await tour.until(lambda status: status["counters"]["fills"] > 0, "has no fill")


def proved(folder, **environment):
    assert "is up to date" in said("db", "check", "--data-dir", folder, **environment)
    assert RIGHT in said("ledger", "check", "--data-dir", folder, **environment)
    said("audit", "verify", "--data-dir", folder, **environment)


def test_sqlite_is_copied_while_the_service_quotes_and_comes_back_whole(tmp_path):
    copy, again = tmp_path / "copy", tmp_path / "again"
    with Running(tmp_path, DISABLE_AUTH="true") as service:
        asyncio.run(quoting(service.url))
        told = said("backup", copy, "--data-dir", service.data_dir, "--with-journal")
        assert "market_maker.db" in told
        assert "audit-anchors.jsonl" in told
        in_use = said("restore", copy, "--data-dir", service.data_dir, expected=2)
        assert "in use by another market_maker serve" in in_use
    assert (copy.stat().st_mode & 0o077, (copy / "market_maker.db").stat().st_mode & 0o077) == (
        0,
        0,
    )
    assert "exists: name a new directory" in said("backup", copy, expected=2)
    said("restore", copy, "--data-dir", again)
    proved(again)
    assert list((again / "journal").rglob("*"))
    assert "exists: restore into" in said("restore", copy, "--data-dir", again, expected=2)
    with sqlite3.connect(again / "market_maker.db") as database:
        assert database.execute("SELECT count(*) FROM mm_fills").fetchone()[0] > 0


def test_what_was_stopped_after_the_backup_does_not_quote_again_without_risk(tmp_path):
    copy, again = tmp_path / "copy", tmp_path / "again" / "data"
    pool = f"/v1/pools/{SYMBOL}"
    with Running(tmp_path) as service:
        active_pool(service)
        said("backup", copy, "--data-dir", service.data_dir)
        assert service.call("POST", f"{pool}/halt", json={"reason": "stop"}).status_code == 200
        old = service.token("viewer")
    told = said("restore", copy, "--data-dir", again)
    assert "1 pools are HALTED: restored from a backup of 20" in told
    proved(again)
    with Running(again.parent) as service:
        status = service.call("GET", f"{pool}/status").json()
        assert status["state"] == "PAUSED"
        assert "HALTED (restored from a backup of" in status["reason"]
        headers = {"Authorization": f"Bearer {old}"}
        assert service.client.get(f"{pool}/status", headers=headers).status_code == 401
        assert service.call("POST", f"{pool}/enable", "operator").status_code == 409
        assert service.call("POST", f"{pool}/resume", "operator").status_code == 403
        assert service.call("POST", f"{pool}/resume", "risk").json()["state"] == "ACTIVE"


def test_an_older_database_that_is_put_in_its_place_by_hand_is_halted_once(tmp_path):
    copy, pool = tmp_path / "copy", f"/v1/pools/{SYMBOL}"
    with Running(tmp_path) as service:
        active_pool(service)
        said("backup", copy, "--data-dir", service.data_dir)
        assert service.call("POST", f"{pool}/halt", json={"reason": "stop"}).status_code == 200
    for name in ("market_maker.db-wal", "market_maker.db-shm"):
        (service.data_dir / name).unlink(missing_ok=True)
    shutil.copy(copy / "market_maker.db", service.data_dir / "market_maker.db")
    with Running(tmp_path) as service:
        assert service.call("POST", f"{pool}/enable", "operator").status_code == 409
        assert service.call("POST", f"{pool}/resume", "risk").json()["state"] == "ACTIVE"
    assert "database is older than its audit anchors" in service.log.read_text()
    with Running(tmp_path) as service:
        assert service.call("POST", f"{pool}/enable", "operator").json()["state"] == "ACTIVE"


def test_postgresql_is_copied_while_the_service_quotes_and_comes_back_whole(tmp_path, postgresql):
    path = f"{need_postgresql()}:{os.environ['PATH']}"  # noqa: TID251  for a child
    first = {"POSTGRES_URL": asyncio.run(postgresql.create("copied")), "PATH": path}
    second = {"POSTGRES_URL": asyncio.run(postgresql.create("restored")), "PATH": path}
    copy, again = tmp_path / "copy", tmp_path / "again"
    said("db", "upgrade", **first)
    with Running(tmp_path, DISABLE_AUTH="true", **first) as service:
        asyncio.run(quoting(service.url))
        assert "market_maker.pgdump" in said(
            "backup", copy, "--data-dir", service.data_dir, **first
        )
    said("restore", copy, "--data-dir", again, **second)
    proved(again, **second)


@pytest.fixture
def from_0_2_0(tmp_path):
    """A data directory as 0.2.0 left it after it had traded."""
    folder = tmp_path / "data"
    folder.mkdir(0o700)
    with sqlite3.connect(folder / "market_maker.db") as database:
        database.executescript((CASES / "database_0_2_0.sql").read_text("utf-8"))
    database.close()
    shutil.copy(CASES / "audit_anchors_0_2_0.jsonl", folder / "audit-anchors.jsonl")
    return folder


def version_of(folder):
    with sqlite3.connect(folder / "market_maker.db") as database:
        return database.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def test_data_of_0_2_0_are_upgraded_and_served_and_the_backup_brings_0_2_0_back(
    tmp_path, from_0_2_0
):
    copy, back = tmp_path / "copy", tmp_path / "back"
    before = version_of(from_0_2_0)
    said("backup", copy, "--data-dir", from_0_2_0)
    said("db", "upgrade", "--data-dir", from_0_2_0)
    proved(from_0_2_0)
    with Running(tmp_path, DISABLE_AUTH="true") as service:
        status = service.client.get("/v1/mm/status").json()
        assert [pool["state"] for pool in status["pools"]] == ["PAUSED"]
        assert len(service.client.get("/v1/mm-fills").json()["items"]) == 7
    said("restore", copy, "--data-dir", back)
    assert version_of(back) == before == "0002"
