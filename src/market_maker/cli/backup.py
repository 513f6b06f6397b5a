"""`market_maker backup` and `restore`: the database and the files beside it, while it runs."""

import asyncio
import os
import shlex
import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import URL

from market_maker.api.keys import DEVELOPMENT_KEY
from market_maker.api.published_keys import CACHE_NAME
from market_maker.api.revocations import EVERYBODY, Revoked, read_revoked, write_revoked
from market_maker.api.revocations import FILE_NAME as REVOKED
from market_maker.cli.settle import caller
from market_maker.clocks import TimeOfDay
from market_maker.documents import writing
from market_maker.journaling.anchors import FILE_NAME as ANCHORS
from market_maker.journaling.anchors import AnchorFile
from market_maker.journaling.audit import Anchor
from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.model.errors import InvalidDataError, StoreUnavailableError
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.operations.after_restore import HeldPools, hold_pools, reason_of
from market_maker.serving.life import locked
from market_maker.serving.private_folder import private_folder
from market_maker.settings import DATA_DIR, Settings, settings_of
from market_maker.storage.backup import copy_database, copy_in, restore_database
from market_maker.storage.database import database_url, open_database, removed_unless_whole
from market_maker.storage.schema import SchemaState, read_schema
from market_maker.storage.store import DatabaseStore
from market_maker.venues.wallet.embedded import FILE_NAME as WALLET

BEFORE = (ANCHORS,)
"""Copied before the database, which then holds every record that they name."""
AFTER = (WALLET, DEVELOPMENT_KEY, CACHE_NAME, REVOKED)
"""Copied after it: the wallet then knows every transfer that the database names."""

LATER = ".later"
"""Beside the anchors of a directory into which an older backup is brought back."""

CHECKS = ("db check", "ledger check", "audit verify")
"""What says whether all is there."""

DataDir = Annotated[
    Path | None,
    typer.Option(file_okay=False, help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}."),
]


def backup(
    folder: Annotated[Path, typer.Argument(help="A new directory for the copy.")],
    *,
    data_dir: DataDir = None,
    with_journal: Annotated[
        bool, typer.Option("--with-journal", help="The turns of every pool, too: the most of it.")
    ] = False,
) -> None:
    """Copy the database and the files beside it while the service runs. With POSTGRES_URL the
    database is copied by pg_dump, which has to be on the path."""
    settings = settings_of(os.environ, data_dir)
    if folder.exists():
        raise InvalidDataError(str(folder), "exists: name a new directory")
    private_folder(folder)
    try:
        copied = _copy_all(settings, folder, with_journal=with_journal)
    except BaseException:
        # Half a backup would be taken for one, and stand in the way of the next.
        shutil.rmtree(folder, ignore_errors=True)
        raise
    typer.echo(f"{folder}: {', '.join(copied)}")


def _copy_all(settings: Settings, folder: Path, *, with_journal: bool) -> list[str]:
    """The names of what was copied."""
    copied = _copied(BEFORE, settings.data_dir, folder)
    url = database_url(settings.postgres_url, settings.data_dir)
    copied.append(copy_database(url, folder).name)
    copied += _copied(AFTER, settings.data_dir, folder)
    journal = settings.data_dir / JOURNAL_FOLDER
    if with_journal and journal.is_dir():
        _copy_tree(journal, folder / JOURNAL_FOLDER)
        copied.append(JOURNAL_FOLDER)
    return copied


def restore(
    folder: Annotated[Path, typer.Argument(help="What `backup` made.")],
    *,
    data_dir: DataDir = None,
) -> None:
    """Bring a backup back into a data directory without a database, or with POSTGRES_URL into an
    empty PostgreSQL database. No service may run on it. Every pool is HALTED, until risk has
    compared it with what was done since the backup; every token is revoked that was issued before.
    Files of a later life that are there already are kept. Afterwards `ledger check` and `audit
    verify` say whether all is there."""
    settings = settings_of(os.environ, data_dir)
    if not folder.is_dir():
        raise InvalidDataError(str(folder), "there is no such directory")
    url = database_url(settings.postgres_url, settings.data_dir)
    copy_in(folder, url)
    private_folder(settings.data_dir)
    with locked(settings.data_dir):
        before = set(settings.data_dir.iterdir())
        try:
            with removed_unless_whole(url):
                copied = [restore_database(folder, url).name]
                lost = _last_anchor(settings.data_dir)
                copied += _files_back(folder, settings.data_dir)
                held = asyncio.run(_held(url, lost))
                copied += _anchors_back(folder / ANCHORS, settings.data_dir)
        except BaseException:
            # Half a restore would stand in the way of the next.
            for made in set(settings.data_dir.iterdir()) - before:
                _remove(made)
            raise
    typer.echo(f"{settings.data_dir}: {', '.join(copied)}")
    if held is not None:
        typer.echo(f"{len(held.symbols)} pools are HALTED: {reason_of(held.until)}")
    where = "" if data_dir is None else f" --data-dir {shlex.quote(str(data_dir))}"
    checks = (f"market_maker {check}{where}" for check in CHECKS)
    typer.echo("now: " + "; ".join(checks))


def _copied(names: tuple[str, ...], source: Path, target: Path) -> list[str]:
    """Those that are there, with their modes, each whole or not at all."""
    found = [name for name in names if (source / name).is_file()]
    for name in found:
        part = target / f".{name}.part"
        try:
            with writing(target / name):
                shutil.copy2(source / name, part)
                part.replace(target / name)
        finally:
            part.unlink(missing_ok=True)
    return found


def _files_back(folder: Path, data_dir: Path) -> list[str]:
    """The names of what was copied. What a later life left in the directory knows more than the
    backup, and stays. Raises InvalidDataError."""
    copied = _copied(tuple(n for n in AFTER if not (data_dir / n).exists()), folder, data_dir)
    _revoke(folder / REVOKED, data_dir / REVOKED)
    if (folder / JOURNAL_FOLDER).is_dir():
        _copy_tree(folder / JOURNAL_FOLDER, data_dir / JOURNAL_FOLDER)
        copied.append(JOURNAL_FOLDER)
    return copied


def _anchors_back(backed_up: Path, data_dir: Path) -> list[str]:
    """Those of a later life name records that are gone: they are put aside, last of all."""
    if not backed_up.is_file():
        return []
    anchors, part = data_dir / ANCHORS, data_dir / f".{ANCHORS}.part"
    with writing(anchors):
        shutil.copy2(backed_up, part)
        if anchors.exists():
            names = (anchors.with_name(f"{ANCHORS}{LATER}.{number}") for number in count(1))
            anchors.replace(next(path for path in names if not path.exists()))
        part.replace(anchors)
    return [ANCHORS]


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _last_anchor(data_dir: Path) -> Anchor | None:
    """Of the audit log that was there before; None where it cannot be read."""
    with suppress(InvalidDataError):
        return next(reversed(AnchorFile(data_dir / ANCHORS).read()), None)
    return None


def _revoke(backed_up: Path, path: Path) -> None:
    """What was revoked after the backup is not in it: tokens live for minutes, so all go."""
    then, now = read_revoked(backed_up), read_revoked(path)
    before = {**then.before}
    for whose, second in now.before.items():
        before[whose] = max(second, before.get(whose, 0))
    before[EVERYBODY] = TimeOfDay().now() // NANOS_PER_SECOND + 1
    ids = tuple(dict.fromkeys((*then.ids, *now.ids)))
    with writing(path):
        write_revoked(path, Revoked(ids=ids, before=before))


async def _held(url: URL, lost: Anchor | None) -> HeldPools | None:
    """None for a database without tables."""
    database = open_database(url)
    try:
        if (await read_schema(database)).standing is SchemaState.EMPTY:
            return None
        return await hold_pools(DatabaseStore(database), TimeOfDay(), caller(), lost)
    except StoreUnavailableError as error:
        problem = f"{error}; its pools are NOT halted: empty it, and restore again"
        raise StoreUnavailableError(problem) from None
    finally:
        await database.close()


def _copy_tree(source: Path, target: Path) -> None:
    """Whole or not at all. Raises InvalidDataError."""
    if target.exists():
        raise InvalidDataError(str(target), "exists: it would be mixed with another one")
    try:
        shutil.copytree(source, target, copy_function=_copy_file, ignore_dangling_symlinks=True)
    except InvalidDataError:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _copy_file(source: str, target: str) -> None:
    with writing(Path(target)):
        shutil.copy2(source, target)
