"""Copies of SQLite and calls of PostgreSQL's programs."""

import sqlite3
import stat
from contextlib import closing

import pytest
from sqlalchemy import URL

from market_maker.model.errors import InvalidDataError, StoreUnavailableError
from market_maker.storage.backup import (
    POSTGRESQL_COPY,
    SQLITE_COPY,
    copy_database,
    copy_sqlite,
    restore_database,
)
from market_maker.storage.database import embedded_url, postgresql_url


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    with closing(sqlite3.connect(embedded_url(folder).database)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE fills (n INTEGER)")
        database.executemany("INSERT INTO fills VALUES (?)", [(n,) for n in range(1_000)])
        database.commit()
        yield folder


def rows(path):
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT count(*) FROM fills").fetchone()[0]


def test_a_copy_holds_what_is_committed_while_the_writer_is_in_the_middle_of_more(data, tmp_path):
    with closing(sqlite3.connect(embedded_url(data).database)) as writer:
        writer.execute("INSERT INTO fills VALUES (1000)")
        copy = copy_database(embedded_url(data), tmp_path)
        writer.commit()
    assert copy == tmp_path / SQLITE_COPY
    assert rows(copy) == 1_000
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_it_comes_back_into_an_empty_place_only(data, tmp_path):
    copy_database(embedded_url(data), tmp_path)
    with pytest.raises(InvalidDataError, match="exists: restore into"):
        restore_database(tmp_path, embedded_url(data))
    again = tmp_path / "again"
    again.mkdir()
    restore_database(tmp_path, embedded_url(again))
    assert rows(embedded_url(again).database) == 1_000


def test_what_is_not_there_or_no_database_is_said(tmp_path):
    with pytest.raises(InvalidDataError, match="there is no database to copy"):
        copy_database(embedded_url(tmp_path), tmp_path)
    with pytest.raises(InvalidDataError, match=f"holds no {SQLITE_COPY}"):
        restore_database(tmp_path, embedded_url(tmp_path))
    broken = tmp_path / "broken"
    broken.write_bytes(b"no database at all, " * 100)
    with pytest.raises(StoreUnavailableError, match="broken"):
        copy_sqlite(broken, tmp_path / "copy")


def test_a_damaged_copy_is_not_brought_back_nor_a_damaged_database_copied(data, tmp_path):
    """SQLite copies pages without reading what is in them."""
    copy = copy_database(embedded_url(data), tmp_path)
    with copy.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    again = tmp_path / "again"
    again.mkdir()
    with pytest.raises(StoreUnavailableError, match="is damaged"):
        restore_database(tmp_path, embedded_url(again))
    assert list(again.iterdir()) == []


PROGRAM = """#!/bin/sh
echo "$@" > {folder}/arguments
echo "$PGPASSWORD" > {folder}/password
echo "hunter2 said: {said}" >&2
exit {code}
"""


def program(folder, monkeypatch, name, said="", code=0):
    path = folder / name
    path.write_text(PROGRAM.format(folder=folder, said=said, code=code))
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


URL_OF: URL = postgresql_url("postgresql://mm:hunter2@db:5433/mm")


def test_postgresql_s_programs_get_the_password_from_their_environment(tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, "pg_dump")
    (tmp_path / POSTGRESQL_COPY).touch()
    assert copy_database(URL_OF, tmp_path) == tmp_path / POSTGRESQL_COPY
    arguments = (tmp_path / "arguments").read_text()
    for words in ("--dbname=mm", "--host=db", "--port=5433", "--username=mm", "--no-password"):
        assert words in arguments
    assert "hunter2" not in arguments
    assert (tmp_path / "password").read_text() == "hunter2\n"


def test_what_they_complain_of_is_repeated_without_the_password(tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, "pg_restore", said="no such database", code=1)
    (tmp_path / POSTGRESQL_COPY).touch()
    with pytest.raises(StoreUnavailableError, match="no such database") as caught:
        restore_database(tmp_path, URL_OF)
    assert "hunter2" not in str(caught.value)


def test_without_them_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InvalidDataError, match="pg_dump: is not on the path"):
        copy_database(URL_OF, tmp_path)
