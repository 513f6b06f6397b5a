"""`market_maker audit verify`: the log of privileged calls against its chain and its anchors."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from market_maker.cli.moments import spoken
from market_maker.journaling.anchors import EMPTY, FILE_NAME, AnchorFile
from market_maker.journaling.audit import Anchor, ChainVerdict, verify
from market_maker.model.errors import InvalidFieldError
from market_maker.model.records import AuditCriteria
from market_maker.model.units import Nanos
from market_maker.settings import DATA_DIR, Settings, settings_of
from market_maker.storage.database import Database, database_to_read, database_url
from market_maker.storage.schema import check_schema
from market_maker.storage.store import DatabaseStore

EXIT_FLAWED = 1
EXIT_CANNOT_TELL = 3
FLAWS_SHOWN = 20
ALONE = (
    "whole as far as this machine can prove: as it was written, nothing missing; whether its end "
    "was cut off together with the anchors cannot be proved without a head that was kept "
    "elsewhere (--head)"
)
HEAD_ALLOWED = "what `audit head` printed: a number, a colon and the hash"

DataDir = Annotated[
    Path | None,
    typer.Option(file_okay=False, help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}."),
]


def command(
    *,
    data_dir: DataDir = None,
    anchors: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="A copy of the anchors that was kept elsewhere."),
    ] = None,
    head: Annotated[
        list[str] | None,
        typer.Option(help="A head that was kept elsewhere, as `audit head` printed it."),
    ] = None,
) -> None:
    """Say whether every audit record is as it was written, and whether one is missing. Finds an
    edit, a deletion, a swap and a cut-off end, and where. That log and anchors were cut off
    together shows only a head that was kept elsewhere: without one the answer says that this is not
    proved. The service may run meanwhile. Exit code 1: not what was written; 3: nothing is
    known."""
    settings = settings_of(os.environ, data_dir)
    noted = AnchorFile(settings.data_dir / FILE_NAME).read()
    copies = [path for path in (anchors, settings.audit_anchor_copy) if path is not None]
    external = [anchor for path in copies for anchor in AnchorFile(path).read()]
    external += [_head(text) for text in head or ()]
    name, verdict = asyncio.run(_verified(settings, noted, external))
    for line in verdict_lines(name, noted, verdict):
        typer.echo(line)
    if verdict.flaws:
        raise typer.Exit(EXIT_FLAWED)
    if _is_unknown(verdict):
        raise typer.Exit(EXIT_CANNOT_TELL)


def head(*, data_dir: DataDir = None) -> None:
    """Print the head of the audit log, its last number and hash, to be kept where users of this
    machine cannot write: on paper, in a ticket, on another machine."""
    seq, digest = asyncio.run(_newest(settings_of(os.environ, data_dir)))
    typer.echo(f"{seq}:{digest}")


def _head(text: str) -> Anchor:
    seq, colon, digest = text.strip().partition(":")
    if not colon or not (seq.isascii() and seq.isdecimal() and len(seq) <= 18):  # noqa: PLR2004
        raise InvalidFieldError("--head", text, HEAD_ALLOWED)
    return Anchor(ts=Nanos(0), seq=int(seq), hash=digest)


async def _verified(
    settings: Settings, noted: Sequence[Anchor], external: Sequence[Anchor]
) -> tuple[str, ChainVerdict]:
    database = _database(settings)
    try:
        await check_schema(database)
        return database.name, await verify(DatabaseStore(database), noted, external)
    finally:
        await database.close()


async def _newest(settings: Settings) -> tuple[int, str]:
    database = _database(settings)
    try:
        await check_schema(database)
        async with DatabaseStore(database).reading() as unit:
            newest = (await unit.audit.page(AuditCriteria(), 1)).items
        return (newest[0].seq, newest[0].hash) if newest else (0, EMPTY)
    finally:
        await database.close()


def _database(settings: Settings) -> Database:
    return database_to_read(database_url(settings.postgres_url, settings.data_dir))


def verdict_lines(name: str, noted: tuple[Anchor, ...], verdict: ChainVerdict) -> Iterator[str]:
    """The verdict, line by line."""
    yield f"audit log of {name}"
    last = f", the last at record {noted[-1].seq}, {spoken(noted[-1].ts)}" if noted else ""
    yield f"{verdict.head} records, {verdict.anchors} anchors{last}"
    for flaw in verdict.flaws[:FLAWS_SHOWN]:
        yield f"record {flaw.seq}: {flaw.problem}"
    if len(verdict.flaws) > FLAWS_SHOWN:
        yield f"and {len(verdict.flaws) - FLAWS_SHOWN} more"
    yield _words(verdict)


def _words(verdict: ChainVerdict) -> str:
    if verdict.flaws:
        return "NOT what was written"
    if _is_unknown(verdict):
        return "unknown: the log is empty and nothing was anchored, as if it had been emptied"
    if verdict.external is None:
        return ALONE
    if verdict.external < verdict.head:
        return (
            f"whole: as it was written, nothing missing up to record {verdict.external} by what was"
            f" kept elsewhere, and up to {verdict.head} as far as this machine can prove"
        )
    return "whole: as it was written, nothing missing"


def _is_unknown(verdict: ChainVerdict) -> bool:
    return not verdict.flaws and not verdict.head and not verdict.anchors and not verdict.external
