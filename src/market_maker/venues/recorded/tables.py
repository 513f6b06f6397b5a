"""CSV files with a header, several of them as one stream of records in order of time."""

import csv
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from market_maker.model.errors import DomainError, InvalidDataError, InvalidFieldError
from market_maker.venues.recorded.lines import (
    MALFORMED_LINES_MAX,
    MALFORMED_SHARE_MAX,
    CaptureLines,
    NumberedLine,
    Progress,
)
from market_maker.venues.recorded.rows import MarketRows
from market_maker.venues.recorded.stamps import nanos_of_text

Record = Mapping[str, str]
"""Fields by the name of their column."""


class TableKind(Struct, frozen=True):
    """A table that is taken. columns: those that must be in its header. stamp: the column by which
    tables are brought in order. header: of files that have none, by the number of columns."""

    name: str
    columns: frozenset[str]
    stamp: str


class TableDecoder(Protocol):
    """Turns records into rows."""

    def decode(self, table: str, record: Record) -> None:
        """Raises InvalidFieldError, KeyError or ValueError for a record that cannot be."""

    def finish(self) -> None:
        """After the last record."""


class OpenTable(Struct, frozen=True):
    """One file: which table it is, its columns, and whether its first line names them."""

    path: Path
    kind: TableKind
    columns: tuple[str, ...]
    headed: bool = True


def columns_of(line: bytes) -> tuple[str, ...]:
    """The columns that a header names, as far as it is one."""
    return tuple(line.decode("utf-8-sig", "replace").strip().replace('"', "").split(","))


def open_tables(
    paths: Sequence[Path], kinds: Sequence[TableKind], headless: Callable[[Path], tuple[str, ...]]
) -> tuple[OpenTable, ...]:
    """Which table each file is. headless: the columns of a file that names none, by what it holds.
    Raises InvalidDataError for a file that is none of them."""
    found = []
    for path in paths:
        line = first_line(path)
        columns = columns_of(line)
        headed = not columns[0].replace(".", "", 1).isdigit()
        columns = columns if headed else headless(path)
        kind = next((kind for kind in kinds if kind.columns <= set(columns)), None)
        if kind is None:
            taken = ", ".join(kind.name for kind in kinds)
            problem = f"its columns are {', '.join(columns[:8]) or 'none'}; taken are {taken}"
            raise InvalidDataError(path.name, problem)
        found.append(OpenTable(path, kind, columns, headed))
    return tuple(found)


def first_line(path: Path) -> bytes:
    """The first line of a file, unpacked; nothing where there is none."""
    first = next(iter(CaptureLines([path], lambda _done, _total: None)), None)
    return first.content if first else b""


def first_record(table: OpenTable) -> Record:
    """The first record of a table; empty where there is none."""
    lines = iter(CaptureLines([table.path], lambda _done, _total: None))
    header = next(lines).content.strip() if table.headed else b""
    line = next((line for line in lines if line.content.strip() != header), None)
    return dict(zip(table.columns, _fields(line.content) if line else [], strict=False))


def _fields(line: bytes) -> list[str]:
    """Of one record; those in quotation marks without them. None of a line that is no record."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text]), [])
    except csv.Error:
        return []


def decode_tables(
    tables: Sequence[OpenTable], decoder: TableDecoder, rows: MarketRows, progress: Progress
) -> None:
    """All records to the decoder, the earliest first. A record that cannot be is counted and leaves
    no row. Raises InvalidDataError."""
    lines = CaptureLines([table.path for table in tables], progress)
    streams = [_records(lines, table, rows) for table in tables]
    merged = heapq.merge(*streams, key=lambda entry: entry[0]) if len(streams) > 1 else streams[0]
    counts = rows.counts
    for _, line, table, record in merged:
        rows.mark()
        try:
            decoder.decode(table, record)
        except DomainError as error:
            rows.take_back()
            counts.see_malformed(line.source, str(error))
        except (KeyError, ValueError):
            rows.take_back()
            counts.see_malformed(line.source, f"not a record of {table}")
    decoder.finish()
    if counts.malformed > max(MALFORMED_LINES_MAX, MALFORMED_SHARE_MAX * counts.lines):
        problem = f"{counts.malformed} of {counts.lines} lines are malformed ({counts.samples[0]})"
        raise InvalidDataError(tables[0].path.name, problem)


def _records(
    lines: CaptureLines, table: OpenTable, rows: MarketRows
) -> Iterator[tuple[int, NumberedLine, str, Record]]:
    latest, counts, header = 0, rows.counts, b""
    for line in lines.of(table.path):
        counts.lines += 1
        if table.headed and line.number == 1:
            header = line.content.strip()
            continue
        if header and line.content.strip() == header:  # files that were put together
            counts.left_out["header again"] += 1
            continue
        fields = _fields(line.content)
        if len(fields) != len(table.columns):
            counts.see_malformed(line.source, f"{len(fields)} fields for {len(table.columns)}")
            continue
        record = dict(zip(table.columns, fields, strict=True))
        try:
            latest = max(latest, nanos_of_text(table.kind.stamp, record[table.kind.stamp]))
        except InvalidFieldError as error:
            counts.see_malformed(line.source, str(error))
            continue
        yield latest, line, table.kind.name, record
