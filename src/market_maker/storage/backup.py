"""Copies of the database while the service writes to it, and back."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL

from market_maker.model.errors import InvalidDataError, StoreUnavailableError
from market_maker.storage.reading import DATABASE_NAME, reading_uri
from market_maker.storage.types import POSTGRESQL

SQLITE_COPY = DATABASE_NAME
POSTGRESQL_COPY = "market_maker.pgdump"
PAGES_AT_ONCE = 1_000
"""Between two such pieces the service may write; a copy that is overtaken begins again."""
OWNER_ONLY = 0o600
SHOWN = 300
"""Characters of what a program said that are repeated."""


def copy_database(url: URL, folder: Path) -> Path:
    """One moment of the database as a file in `folder`; others may write meanwhile. Raises
    InvalidDataError where there is none, StoreUnavailableError when it cannot be read."""
    if url.get_backend_name() == POSTGRESQL:
        copy = folder / POSTGRESQL_COPY
        _run(["pg_dump", "--format=custom", "--no-owner", f"--file={copy}"], url)
    else:
        source, copy = Path(url.database or ""), folder / SQLITE_COPY
        if not source.is_file():
            raise InvalidDataError(str(source), "there is no database to copy")
        copy_sqlite(source, copy)
    copy.chmod(OWNER_ONLY)
    return copy


def copy_in(folder: Path, url: URL) -> Path:
    """The copy of such a database as `url` names. Raises InvalidDataError where `folder` holds
    none."""
    name = POSTGRESQL_COPY if url.get_backend_name() == POSTGRESQL else SQLITE_COPY
    copy = folder / name
    if not copy.is_file():
        raise InvalidDataError(str(folder), f"holds no {name}: is it a backup of another database?")
    return copy


def restore_database(folder: Path, url: URL) -> Path:
    """Bring a copy back into an empty place; returns the copy. Raises InvalidDataError as `copy_in`
    and where the place is not empty, StoreUnavailableError."""
    copy = copy_in(folder, url)
    if url.get_backend_name() == POSTGRESQL:
        _run(["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction"], url, copy)
        return copy
    target = Path(url.database or "")
    if target.exists():
        raise InvalidDataError(str(target), "exists: restore into a directory without a database")
    copy_sqlite(copy, target)
    target.chmod(OWNER_ONLY)
    return copy


def copy_sqlite(source: Path, target: Path) -> None:
    """By SQLite's own online copy, whole or not at all, and read in full once. Raises
    StoreUnavailableError, also for a damaged one, and as reading_uri."""
    beside = target.with_name(f".{target.name}.part")
    try:
        with (
            closing(sqlite3.connect(reading_uri(source), uri=True)) as reading,
            closing(sqlite3.connect(beside)) as writing,
        ):
            reading.backup(writing, pages=PAGES_AT_ONCE, sleep=0.0)
            (found,) = writing.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise StoreUnavailableError(f"{source}: is damaged: {' '.join(found.split())}")
        beside.replace(target)
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"{source} to {target}: {error}") from None
    finally:
        beside.unlink(missing_ok=True)


def _run(command: Sequence[str], url: URL, copy: Path | None = None) -> None:
    """A program of PostgreSQL, which gets the password from its environment."""
    program = shutil.which(command[0])
    if program is None:
        raise InvalidDataError(command[0], "is not on the path: install PostgreSQL's client")
    where = [f"--dbname={url.database}", f"--host={url.host or 'localhost'}"]
    where += [f"--port={url.port or 5432}"]
    where += [f"--username={url.username}"] if url.username else []
    environment = {"PGPASSWORD": url.password} if url.password else {}
    environment |= {"PGSSLMODE": str(url.query["ssl"])} if "ssl" in url.query else {}
    done = subprocess.run(  # noqa: S603  a list of our own making, never a shell
        [program, "--no-password", *command[1:], *where, *([str(copy)] if copy else [])],
        env={"PATH": os.defpath} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join(done.stderr.split())
        if url.password:
            said = said.replace(url.password, "…")
        said = said[:SHOWN]
        raise StoreUnavailableError(f"{command[0]}: {said}")
