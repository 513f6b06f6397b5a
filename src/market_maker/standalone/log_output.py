"""The maker's log: lines for people or machines, to the terminal and to files that may be rotated.

Every line has a timestamp, a level, a target and a message, in this order; JSON has them on top.
Source: SOP 7.2; design paper hyperliquid_additions, section 5, "Logs".
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import msgspec
from msgspec import Struct
from typing_extensions import override

from market_maker.ports import Clock
from market_maker.standalone.settings import LOG_LEVELS, MakerSettings
from market_maker.telemetry.lines import LineWriter
from market_maker.telemetry.logging import utc
from market_maker.telemetry.secrets import Redactor

TARGET = "hyperliquid_rust_sdk::market_maker"
"""What operators select by: the SOP's own jq lines have it."""

STREAMS = {
    "mm-operational.log": "info",
    "mm-diagnostic.log": "debug",
    "mm-errors.log": "warn",
}
"""Files of --multi-stream-logs, one of each a day, and the least level in them."""

_RANKS = {name: rank for rank, name in enumerate(LOG_LEVELS)}
_DATE = 10
MODE = 0o640


class LogLine(Struct, frozen=True):
    """One event. level: of LOG_LEVELS."""

    timestamp: str
    level: str
    message: str
    fields: Mapping[str, object]


class RotatedFile:
    """A file that is appended to. One that was moved away or removed, as logrotate does, is begun
    anew under its name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = self._opened()

    def _opened(self) -> TextIO:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, MODE)
        return os.fdopen(handle, "a", encoding="utf-8")

    def write(self, text: str) -> int:
        """Raises OSError when the disk is full."""
        if not self._is_there():
            self._file.close()
            self._file = self._opened()
        return self._file.write(text)

    def flush(self) -> None:
        """Hand everything to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Write what waits."""
        self._file.close()

    def _is_there(self) -> bool:
        if self._file.closed:
            # A full disk let it be closed, and not be begun anew.
            return False
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(self._file.fileno())
        return (named.st_ino, named.st_dev) == (ours.st_ino, ours.st_dev)


class DailyFile:
    """A new file each UTC day: NAME.YYYY-MM-DD. The day is that of the line, and `day` at first.
    Raises OSError for a file that cannot be written."""

    def __init__(self, folder: Path, name: str, day: str) -> None:
        self._folder, self._name, self._day = folder, name, day
        self._file: RotatedFile | None = RotatedFile(folder / f"{name}.{day}")

    def write(self, text: str) -> int:
        day = text[len('{"timestamp":"') :][:_DATE]
        if self._file is None or day != self._day:
            self.close()
            self._day = day
            self._file = RotatedFile(self._folder / f"{self._name}.{day}")
        return self._file.write(text)

    def flush(self) -> None:
        """Hand everything to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write what waits."""
        if self._file is not None:
            self._file.close()


class _Output(Struct, frozen=True):
    rank: int
    shown: Callable[[LogLine], str]
    put: Callable[[str], None]


class MakerLogs:
    """All outputs of one maker. dropped: lines lost to a full pipe or disk."""

    def __init__(self, clock: Clock, secrets: Sequence[str] = ()) -> None:
        self._clock, self._redactor = clock, Redactor(secrets)
        self._outputs: list[_Output] = []
        self._writers: list[LineWriter] = []
        self._files: list[RotatedFile | DailyFile] = []

    @property
    def dropped(self) -> int:
        return sum(writer.dropped for writer in self._writers)

    def to(self, stream: TextIO | RotatedFile | DailyFile, level: str, form: str) -> None:
        """Write to `stream` from `level` on. Lines are written by a thread of their own."""
        writer = LineWriter(stream)  # type: ignore[arg-type]  # write and flush are all it needs
        self._writers.append(writer)
        if isinstance(stream, RotatedFile | DailyFile):
            self._files.append(stream)
        self._outputs.append(_Output(_RANKS[level], FORMS[form], writer.put))

    def also(self, put: Callable[[str], None], level: str) -> None:
        """Hand compact lines to `put`: a screen."""
        self._outputs.append(_Output(_RANKS[level], FORMS["compact"], put))

    def logger(self) -> "MakerLogger":
        """One without fields of its own."""
        return MakerLogger(self, {})

    def put(self, level: str, message: str, fields: Mapping[str, object]) -> None:
        """Write one line to every output that wants its level."""
        rank = _RANKS[level]
        wanted = [output for output in self._outputs if output.rank <= rank]
        if not wanted:
            return
        now, clean = utc(self._clock.now()), self._redactor.fields(fields)
        line = LogLine(now, level.upper(), self._redactor.text(message), clean)
        for output in wanted:
            output.put(output.shown(line))

    def close(self) -> None:
        """Write what waits."""
        for writer in self._writers:
            writer.close()
        for file in self._files:
            file.close()


class MakerLogger:
    """telemetry.logging.Logger."""

    def __init__(self, logs: MakerLogs, fields: Mapping[str, object]) -> None:
        self._logs, self._fields = logs, fields

    def bind(self, **fields: object) -> "MakerLogger":
        """One whose every line has `fields`."""
        return MakerLogger(self._logs, {**self._fields, **fields})

    def debug(self, event: str, **fields: object) -> None:
        self._logs.put("debug", event, {**self._fields, **fields})

    def info(self, event: str, **fields: object) -> None:
        self._logs.put("info", event, {**self._fields, **fields})

    def warning(self, event: str, **fields: object) -> None:
        self._logs.put("warn", event, {**self._fields, **fields})

    def error(self, event: str, **fields: object) -> None:
        self._logs.put("error", event, {**self._fields, **fields})

    @override
    def __repr__(self) -> str:
        return f"MakerLogger({self._fields})"


def _json(line: LogLine) -> str:
    top = {
        "timestamp": line.timestamp,
        "level": line.level,
        "target": TARGET,
        "message": line.message,
    }
    # Named again at the end: a field must not stand in for what is on top.
    return msgspec.json.encode({**top, **line.fields, **top}).decode("utf-8", "replace")


def _pretty(line: LogLine) -> str:
    return f"{line.timestamp}  {line.level:>5} {_plain(line)}"


def _compact(line: LogLine) -> str:
    return f"{line.timestamp[11:23]} {line.level:>5} {_plain(line)}"


def _plain(line: LogLine) -> str:
    """Message and fields on one line: what a venue answers may hold line ends and control
    characters, with which it could write lines of its own."""
    fields = "".join(f" {name}={value}" for name, value in line.fields.items())
    text = line.message + fields
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(each: str) -> str:
    return each if each.isprintable() else each.encode("unicode_escape").decode()


FORMS: Mapping[str, Callable[[LogLine], str]] = {
    "json": _json,
    "pretty": _pretty,
    "compact": _compact,
}


def logs_of(
    settings: MakerSettings, clock: Clock, secrets: Sequence[str], terminal: TextIO | None
) -> MakerLogs:
    """The outputs that the settings ask for. terminal: where lines for people go, None while a
    screen is there. Raises OSError for a file that cannot be written."""
    logs = MakerLogs(clock, secrets)
    if terminal is not None:
        logs.to(terminal, settings.log_level, settings.log_format)
    if settings.log_file is not None:
        logs.to(RotatedFile(settings.log_file), settings.log_level, settings.log_format)
    if settings.multi_stream_logs:
        today = utc(clock.now())[:_DATE]
        for name, level in STREAMS.items():
            logs.to(DailyFile(settings.log_dir, name, today), level, "json")
    return logs
