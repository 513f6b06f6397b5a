"""The parts of a maker and how they hang together: the same engine, host, gateway and records as
the service has, for one pool."""

from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from market_maker.execution.alarms import Alarms
from market_maker.execution.engine_host import EngineHost
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.pool_runner import PoolRunner
from market_maker.execution.reconciliation import Reconciliation
from market_maker.journaling.audit import AuditTrail
from market_maker.journaling.journal import Journals
from market_maker.journaling.journal_fanout import JournalFanout
from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.journaling.recorder import Recorder
from market_maker.model.instrument import Instrument
from market_maker.ports import Clock, Journal
from market_maker.standalone.log_output import MakerLogger
from market_maker.standalone.maker_line import MakerLine
from market_maker.standalone.opening import OpenedMarket
from market_maker.standalone.preparing import Prepared
from market_maker.standalone.run_log import RunLog
from market_maker.standalone.session_store import begin_pool, opened_store
from market_maker.standalone.settings import MakerSettings
from market_maker.storage.database import Database
from market_maker.storage.store import DatabaseStore
from market_maker.telemetry.measures import Measures

BUILD = "stand-alone"


class RunMode(StrEnum):
    """LIVE sends orders; PAPER matches them here, against the live market; DRY has no orders."""

    LIVE = "live"
    PAPER = "paper"
    DRY = "dry run"


class MakerParts(Struct, frozen=True):
    """Everything that runs."""

    mode: RunMode
    settings: MakerSettings
    opened: OpenedMarket
    ready: Prepared
    clock: Clock
    log: MakerLogger
    database: Database
    store: DatabaseStore
    alarms: Alarms
    recorder: Recorder
    intent_log: IntentLog
    journals: Journals
    measures: Measures
    line: MakerLine
    host: EngineHost
    reconciliation: Reconciliation
    run_log: RunLog

    @property
    def coin(self) -> str:
        """What is traded."""
        return self.opened.market.coin

    @property
    def runner(self) -> PoolRunner:
        """The one there is."""
        return self.host.runners()[0]


async def maker_parts(
    settings: MakerSettings,
    opened: OpenedMarket,
    ready: Prepared,
    clock: Clock,
    log: MakerLogger,
    *,
    folder: Path,
    mode: RunMode,
) -> MakerParts:
    """Put it together in a new session's `folder`."""
    database, store = await opened_store(folder)
    trail, alarms = AuditTrail(store, clock), Alarms()
    intent_log = IntentLog(store, alarms)
    recorder = Recorder(store, trail, clock)
    measures = Measures(clock, log)
    journals = Journals(folder / JOURNAL_FOLDER, BUILD, log)
    run_log = RunLog(ready.instrument, settings, opened.session.connection, log)

    def journal(instrument: Instrument) -> Journal:
        symbol = instrument.symbol
        return JournalFanout(measures.of(symbol), journals.of(symbol), run_log)

    line = MakerLine(opened, clock, intent_log, journal, paper=mode is RunMode.PAPER)
    dry = mode is RunMode.DRY
    connect = line.connect_shadow if dry else line.connect
    host = EngineHost(clock, recorder, connect, measures, alarms, shadow=dry)
    return MakerParts(
        mode=mode,
        settings=settings,
        opened=opened,
        ready=ready,
        clock=clock,
        log=log,
        database=database,
        store=store,
        alarms=alarms,
        recorder=recorder,
        intent_log=intent_log,
        journals=journals,
        measures=measures,
        line=line,
        host=host,
        reconciliation=Reconciliation(store, intent_log, host, alarms, clock, logger=log),
        run_log=run_log,
    )


async def open_pool(parts: MakerParts) -> PoolRunner:
    """Make the engine, PAUSED, with the position that is there."""
    ready = parts.ready
    start = await begin_pool(
        parts.store, ready.instrument, ready.config, ready.holding, parts.clock.now()
    )
    return await parts.host.open(start)
