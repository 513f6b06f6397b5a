"""Logs: one JSON object a line, on standard error.

Every line has `ts` (UTC), `level` and `event`; `symbol`, `participant_id` and `trace_id` where they
apply. What other libraries log comes out in the same shape, from WARNING on.
"""

import logging
from collections.abc import Callable, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, TextIO, cast

import msgspec
import structlog
from typing_extensions import override

from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.ports import Clock
from market_maker.telemetry.lines import LineWriter
from market_maker.telemetry.secrets import Redactor
from market_maker.telemetry.tracing import current_trace_id

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

Fields = MutableMapping[str, Any]


class Logger(Protocol):
    """Takes an event in words that never change, and what differs from time to time as fields."""

    def debug(self, event: str, **fields: object) -> None:
        """For finding a fault."""

    def info(self, event: str, **fields: object) -> None:
        """Something happened as it should."""

    def warning(self, event: str, **fields: object) -> None:
        """A person should know."""

    def error(self, event: str, **fields: object) -> None:
        """A person must act."""


class Logs:
    """The process's log. fields: of every line. dropped: lines that could not be written."""

    def __init__(
        self,
        clock: Clock,
        stream: TextIO,
        level: str = "info",
        secrets: Sequence[str] = (),
        **fields: object,
    ) -> None:
        if level not in LEVELS:
            raise InvalidFieldError("LOG_LEVEL", level, "one of " + ", ".join(LEVELS))
        self._clock, self._redactor = clock, Redactor(secrets)
        self._writer = LineWriter(stream)
        self._logger = structlog.wrap_logger(
            _Sink(self._writer.put),
            processors=[
                structlog.stdlib.add_log_level,
                self._stamped,
                self._clean,
                _as_json,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        ).bind(**fields)
        self._before: list[logging.Handler] | None = None

    @property
    def dropped(self) -> int:
        """Lines lost to a full pipe or disk."""
        return self._writer.dropped

    @property
    def problem(self) -> str:
        """Why lines are being lost, empty while they are written."""
        return self._writer.problem

    def logger(self, **fields: object) -> Logger:
        """One whose every line has `fields`."""
        return cast("Logger", self._logger.bind(**fields))

    def adopt_libraries(self) -> None:
        """Let what libraries log come out here, and nowhere else."""
        root = logging.getLogger()
        self._before = list(root.handlers)
        root.handlers = [_Adopted(self.logger())]
        root.setLevel(logging.WARNING)
        logging.captureWarnings(True)

    def close(self) -> None:
        """Write what waits; leave the libraries' logging as it was."""
        if self._before is not None:
            logging.getLogger().handlers = self._before
            logging.captureWarnings(False)
        self._writer.close()

    def _stamped(self, _logger: object, _method: str, fields: Fields) -> Fields:
        trace_id = current_trace_id()
        if trace_id:
            fields.setdefault("trace_id", trace_id)
        return {"ts": utc(self._clock.now()), **fields}

    def _clean(self, _logger: object, _method: str, fields: Fields) -> Fields:
        return self._redactor.fields(fields)


def utc(nanos: int) -> str:
    """Nanoseconds since the epoch as 2026-11-20T23:03:00.123456Z."""
    seconds, rest = divmod(nanos, NANOS_PER_SECOND)
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{rest // 1_000:06}Z"


def _as_json(_logger: object, _method: str, fields: Fields) -> str:
    # Halves of surrogate pairs, which JSON in UTF-8 cannot hold, are replaced.
    return msgspec.json.encode(_encodable(fields)).decode()


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_encodable(name): _encodable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    return value


class _Sink:
    """Where structlog's lines go."""

    def __init__(self, put: Callable[[str], None]) -> None:
        self.debug = self.info = self.warning = self.error = put


class _Adopted(logging.Handler):
    """Another library's lines, in our shape."""

    def __init__(self, log: Logger) -> None:
        super().__init__()
        self._log = log

    @override
    def emit(self, record: logging.LogRecord) -> None:
        write = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        fields: dict[str, object] = {"library": record.name}
        if record.exc_info:
            fields["trace"] = logging.Formatter().formatException(record.exc_info)
        write(record.getMessage(), **fields)
