"""Who watches the engines: the journal, the metrics, the log and, where a collector is configured,
the traces."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from market_maker.api.health import build
from market_maker.clocks import WallClock
from market_maker.journaling.journal import Journals
from market_maker.journaling.journal_fanout import JournalFanout
from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.model.instrument import Instrument
from market_maker.ports import Journal
from market_maker.serving.clock_watch import ClockWatch
from market_maker.serving.factories import USUAL, Factories
from market_maker.settings import Settings
from market_maker.telemetry.connection_tally import ConnectionTally
from market_maker.telemetry.logging import Logs
from market_maker.telemetry.secrets import Redactor
from market_maker.telemetry.turn_log import TurnLog


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """What stands in the settings and never in the log."""
    urls = (
        settings.postgres_url,
        settings.order_service_url,
        settings.otlp_endpoint,
        settings.wallet_url,
        settings.auth_service_url,
        settings.schema_registry_url,
        settings.metadata_url,
        settings.redis_url,
        settings.panel_url,
    )
    written = [urlsplit(url).password or "" for url in urls if url is not None]
    # As it stands in the address, and as a server may repeat it.
    passwords = dict.fromkeys(text for word in written for text in (word, unquote(word)))
    tokens = (
        settings.wallet_token,
        settings.order_service_token,
        settings.watchdog_token,
        settings.metrics_token,
        settings.kafka_sasl_password,
        settings.watchdog_hyperliquid_key,
        settings.hyperliquid_private_key,
    )
    return tuple(secret for secret in (*passwords, *tokens) if secret)


class Watching:
    """clock: whether the computer's was set. measures: of the engines. journals: of all
    pools, on the disk, in the folder `journals` where that is another one than the data
    directory's. connections: that were made and given up. epoch_of: of a symbol, for its log lines;
    0 where there is none."""

    def __init__(
        self,
        settings: Settings,
        clock: WallClock,
        logs: Logs,
        factories: Factories = USUAL,
        *,
        journals: Path | None = None,
        connections: ConnectionTally | None = None,
    ) -> None:
        self._logs = logs
        self.connections = connections or ConnectionTally(clock, logs.logger())
        self.epoch_of: Callable[[str], int] = lambda _symbol: 0
        self.data_dir = settings.data_dir
        self.clock = ClockWatch(clock, logs.logger())
        self._redactor = Redactor(secrets_of(settings))
        self.measures = factories.measures(clock, logs.logger())
        self.journals = Journals(
            (journals or settings.data_dir / JOURNAL_FOLDER), build().fingerprint, logs.logger()
        )
        self._spans: Any = None
        if settings.otlp_endpoint is not None:
            # Loaded only where traces are wanted: it is half of the program's start.
            from market_maker.telemetry.spans import Spans  # noqa: PLC0415

            self._spans = Spans(settings.otlp_endpoint, build().version, self._redactor)

    def journal(self, instrument: Instrument) -> Journal:
        """All that follow a pool's turns; the journal comes first."""
        symbol, epoch = instrument.symbol, self.epoch_of(instrument.symbol)
        log = self._logs.logger(symbol=symbol, **({"epoch": epoch} if epoch else {}))
        watchers: list[Journal] = [TurnLog(instrument, log)]
        if self._spans is not None:
            watchers.append(self._spans.turns(instrument))
        return JournalFanout(self.measures.of(symbol), self.journals.of(symbol), *watchers)

    def requests(self, app: Any) -> Any:
        """The API, each of its requests in a span where there are spans."""
        if self._spans is None:
            return app
        from market_maker.telemetry.requests import TracedRequests  # noqa: PLC0415

        return TracedRequests(app, self._spans.tracer, self._redactor)

    def close(self) -> None:
        """Send the last spans."""
        if self._spans is not None:
            self._spans.close()
