import sqlite3
from contextlib import closing

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.storage.reading import _uri, reading_uri


@pytest.fixture
def path(tmp_path):
    """A database whose last row is in the -wal file, which is open."""
    path = tmp_path / "odd name?.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE kept (number)")
        writer.execute("INSERT INTO kept VALUES (7)")
        writer.commit()
        yield path


def rows(uri):
    with closing(sqlite3.connect(uri, uri=True)) as reading:
        return reading.execute("SELECT number FROM kept").fetchall()


@pytest.mark.parametrize("writable", [True, False])
def test_what_a_running_service_writes_is_seen(path, writable):
    uri = _uri(path, writable=writable)
    assert "immutable" not in uri
    assert rows(uri) == [(7,)]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        sqlite3.connect(uri, uri=True).execute("DELETE FROM kept")


def test_a_whole_file_is_read_as_it_stands(path, tmp_path):
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    uri = _uri(copy, writable=False)
    assert uri.endswith("&immutable=1")
    assert rows(uri) == [(7,)]


def test_changes_that_cannot_be_read_are_said_and_not_left_out(path, tmp_path):
    copy = tmp_path / "killed.db"
    copy.write_bytes(path.read_bytes())
    copy.with_name("killed.db-wal").write_bytes(path.with_name(f"{path.name}-wal").read_bytes())
    with pytest.raises(InvalidDataError, match=r"killed.db-wal: holds changes .* copy"):
        _uri(copy, writable=False)
    assert rows(reading_uri(copy)) == [(7,)]
