"""Which format a file is of, by what it holds, and what else it resembles."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NoReturn

import msgspec
from msgspec import Raw, Struct, field, json

from market_maker.model.errors import DomainError, InvalidDataError
from market_maker.venues.recorded import binance_archive, lobster, tardis
from market_maker.venues.recorded.lines import ZIP_MAGIC, CaptureLines, file_size, received_line
from market_maker.venues.recorded.tables import TableKind, columns_of, first_line

SNIFFED_LINES = 1_000

DBN_MAGIC = b"DBN"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

TAKEN = (
    "Binance streams (spot, USDS-M, COIN-M) and its CSV archive, Bybit v5, OKX v5, Hyperliquid "
    "streams and archive, Tardis CSV, hftbacktest npz, LOBSTER pairs; plain, gzip, lz4 or zip; "
    "Databento DBN (mbo, mbp-1, mbp-10, tbbo), plain or as .dbn.zst"
)


class SniffedFrame(Struct):
    """Marks of a venue in its JSON."""

    stream: str = ""
    data: Raw = Raw(b"")
    event: Raw = field(name="e", default=Raw(b""))
    seq: Raw = field(name="lastUpdateId", default=Raw(b""))
    prev: Raw = field(name="pu", default=Raw(b""))
    matched: Raw = field(name="T", default=Raw(b""))
    best_size: Raw = field(name="B", default=Raw(b""))
    kind: Raw = field(name="X", default=Raw(b""))
    channel: Raw = Raw(b"")
    raw: Raw = Raw(b"")
    topic: Raw = Raw(b"")
    arg: Raw = Raw(b"")
    table: Raw = Raw(b"")
    feed: Raw = Raw(b"")
    kind_of_message: Raw = field(name="type", default=Raw(b""))


_frame_decoder = json.Decoder(SniffedFrame)

_SOME_BINANCE = "binance"
"""Of a file that could be of either market, such as aggregated trades alone."""

_MAGICS = (
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x93NUMPY", "a numpy array"),
    (ZSTD_MAGIC, "a file packed with zstd: unpack it first"),
    (b"PK\x05\x06", "an empty zip"),
    (b"BZh", "a file packed with bzip2: unpack it first"),
    (b"\xfd7zXZ", "a file packed with xz: unpack it first"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"\xff\xfe", "text in UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16: save it as UTF-8"),
)


def detected(paths: Sequence[Path]) -> str:
    """The name of the format of a capture's files. Raises InvalidDataError that says what a file
    resembles, and what is taken."""
    if len(paths) == 2 and _is_lobster(paths):  # noqa: PLR2004  # a pair
        return "lobster"
    names = [_detected(path) for path in paths]
    different = sorted({name for name in names if name != _SOME_BINANCE})
    if not different:
        return "binance-futures"
    if len(different) > 1:
        problem = f"files of different formats ({', '.join(different)}) are no one capture"
        raise InvalidDataError(", ".join(path.name for path in paths), problem)
    return different[0]


def _is_lobster(paths: Sequence[Path]) -> bool:
    firsts = [first_line(path) for path in paths]
    return any(map(lobster.is_message_row, firsts)) and any(map(lobster.is_book_row, firsts))


def _detected(path: Path) -> str:
    file_size(path)
    with path.open("rb") as file:
        head = file.read(64)
    if not head:
        _refuse(path, "an empty file")
    if head.startswith(DBN_MAGIC) or (head.startswith(ZSTD_MAGIC) and ".dbn" in path.name.lower()):
        return "databento"
    for magic, name in _MAGICS:
        if head.startswith(magic):
            _refuse(path, name)
    if head.startswith(ZIP_MAGIC):
        found = _zip_format(path)
        if found:
            return found
    return _table_format(path) or _frame_format(path)


def _zip_format(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        _refuse(path, "a damaged zip")
    if "meta.json" in names and "ticks.npy" in names:
        _refuse(path, "a recording already, which `replay`, `compare` and `estimates` take")
    if any(name.endswith(".npy") for name in names):
        return "hftbacktest"
    return ""


def _table_format(path: Path) -> str:
    line = first_line(path)
    _refuse_no_lines(path, line)
    columns = set(columns_of(line))

    def has(kinds: Sequence[TableKind]) -> bool:
        return any(kind.columns <= columns for kind in kinds)

    if has(tardis.KINDS):
        return "tardis"
    if has(binance_archive.KINDS):
        return "binance-archive"
    if lobster.is_message_row(line) or lobster.is_book_row(line):
        _refuse(path, "one file of a LOBSTER pair; name both: the messages and the book after each")
    if not line.lstrip().startswith(b"{") and binance_archive.is_headless(path):
        return "binance-archive"
    if len(columns) > 2 and b"{" not in line:  # noqa: PLR2004  # a table
        _refuse(path, f"a table of {', '.join(sorted(columns)[:8])}")
    return ""


def _refuse_no_lines(path: Path, line: bytes) -> None:
    if b"ustar" in line[:512]:
        _refuse(path, "a tar archive: unpack it first")
    if b"\r" in line.rstrip():
        _refuse(path, "text whose lines end with CR alone: end them with LF")


def _frame_format(path: Path) -> str:
    some_binance = False
    for frame in islice(_frames(path), SNIFFED_LINES):
        found = next((name for name, is_it in _VENUES if is_it(frame)), "")
        if found.startswith("!"):
            _refuse(path, found[1:])
        if found == _SOME_BINANCE:
            some_binance = True
            found = _binance_market(frame)
        if found:
            return found
    if not some_binance:
        _refuse(path, _shape(first_line(path)))
    return "binance-spot" if _has_spot_book(path) else _SOME_BINANCE


def _shape(line: bytes) -> str:
    """What a file may be whose first line is of no venue that is known."""
    text = line.strip()
    if text.startswith(b"[") or text in {b"{", b"{}"}:
        return "JSON that is not one message on each line"
    for mark, name in ((b";", "semicolons"), (b"\t", "tabs")):
        if text.count(mark) > 2 and b"{" not in text:  # noqa: PLR2004  # a table
            return f"a table whose columns are separated by {name}: separate them by commas"
    head, brace, _ = text.partition(b"{")
    if brace and head and not head[:1].isspace():
        shown = head[:40].decode("latin-1").strip()
        return f"JSON after {shown!r}, which is no receive time in s, ms, us or ns"
    return "no capture that is known"


def _has_spot_book(path: Path) -> bool:
    """Whether a book of the file lacks the time of a match, which those of futures have."""
    frames = islice(_frames(path), SNIFFED_LINES)
    return any(frame.seq and not frame.matched for frame in frames)


def _frames(path: Path) -> Iterator[SniffedFrame]:
    for line in CaptureLines([path], lambda _done, _total: None):
        try:
            received = received_line(line.content)
            if received is not None and received.payload:
                yield _frame_decoder.decode(received.payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, DomainError):
            continue


def _binance_market(frame: SniffedFrame) -> str:
    """Of which market a message can only be, or nothing."""
    data = _frame_decoder.decode(frame.data) if frame.data else frame
    if bytes(data.event) == b'"depthUpdate"':
        return "binance-futures" if data.prev else "binance-spot"
    if data.kind or (data.seq and data.matched) or (data.best_size and data.matched):
        return "binance-futures"
    if bytes(data.event) == b'"trade"' or (data.best_size and not data.event):
        return "binance-spot"
    return ""


_HYPERLIQUID_CHANNELS = (b'"l2Book"', b'"trades"', b'"bbo"', b'"activeAssetCtx"')
_COINBASE_TYPES = (b'"l2update"', b'"match"')


def _is_hyperliquid(frame: SniffedFrame) -> bool:
    return bool(frame.raw) or bytes(frame.channel) in _HYPERLIQUID_CHANNELS


_VENUES: tuple[tuple[str, Callable[[SniffedFrame], bool]], ...] = (
    ("hyperliquid", _is_hyperliquid),
    ("!a Bybit capture from before v5", lambda f: bytes(f.topic).startswith(b'"orderBookL2')),
    (
        "bybit",
        lambda f: bytes(f.topic).startswith((b'"orderbook.', b'"publicTrade.', b'"tickers.')),
    ),
    ("!a Bitget capture", lambda f: b'"instType"' in bytes(f.arg)),
    ("okx", lambda f: b'"instId"' in bytes(f.arg)),
    ("!a BitMEX capture", lambda f: bool(f.table)),
    ("!a Kraken Futures capture", lambda f: bool(f.feed)),
    ("!a dYdX v3 capture", lambda f: b"v3_" in bytes(f.channel)),
    ("!a Coinbase capture", lambda f: bytes(f.kind_of_message) in _COINBASE_TYPES),
    (_SOME_BINANCE, lambda f: bool(f.stream or f.event or f.seq or f.best_size)),
)


def _refuse(path: Path, resembled: str) -> NoReturn:
    problem = f"resembles {resembled}; allowed are {TAKEN}"
    raise InvalidDataError(path.name, problem)
