"""Loggers for tests: one that keeps its lines, one that does not."""


class Lines:
    """telemetry.logging.Logger. written: (level, event, fields), in order."""

    def __init__(self) -> None:
        self.written: list[tuple[str, str, dict[str, object]]] = []

    def debug(self, event: str, **fields: object) -> None:
        self.written.append(("debug", event, fields))

    def info(self, event: str, **fields: object) -> None:
        self.written.append(("info", event, fields))

    def warning(self, event: str, **fields: object) -> None:
        self.written.append(("warning", event, fields))

    def error(self, event: str, **fields: object) -> None:
        self.written.append(("error", event, fields))


class _Nothing:
    def debug(self, event: str, **fields: object) -> None:
        pass

    info = warning = error = debug


NO_LOG = _Nothing()
