"""The parts of the service and how they hang together: the one place that knows every class."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec import Struct
from starlette.types import ASGIApp

from market_maker.api.app import Edge, create_app
from market_maker.api.bearer import (
    AUDIENCE,
    DEVELOPMENT_ISSUER,
    Authenticator,
    Bearer,
    nobody,
)
from market_maker.api.health import HealthChecks, Probe, build
from market_maker.api.keys import development_key_set, load_key_set
from market_maker.api.live_feed import LiveFeed
from market_maker.api.pace import Pace, Rate
from market_maker.api.published_keys import CACHE_NAME, PublishedKeys, fetch_over_http
from market_maker.api.revocations import Revocations
from market_maker.api.routes import Services
from market_maker.api.sessions import Sessions
from market_maker.application import Application, application_of
from market_maker.clocks import TimeOfDay, WallClock
from market_maker.execution.engine_host import EngineHost
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.reconciliation import Reconciliation
from market_maker.execution.symbol_lease import SymbolLease
from market_maker.journaling.anchors import (
    CHECK_INTERVAL,
    CHECK_INTERVAL_WITH_WORKERS,
    FILE_NAME,
    Anchorer,
    AnchorFile,
)
from market_maker.journaling.audit import AuditTrail
from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.journaling.recorder import Recorder
from market_maker.journaling.relay import Relay
from market_maker.model.errors import InvalidFieldError
from market_maker.model.shared_fields import shared_fields
from market_maker.operations.explanations import explained
from market_maker.operations.idempotency import Repetitions
from market_maker.operations.maker_defaults import load_maker_defaults
from market_maker.operations.preview import preview
from market_maker.ports import Clock, Instruments, Store
from market_maker.serving.event_bus import EventBus, event_bus_of
from market_maker.serving.factories import USUAL, Factories
from market_maker.serving.heartbeat import is_watched
from market_maker.serving.helper_process import HelperProcess
from market_maker.serving.metrics_door import MetricsDoor
from market_maker.serving.money import MoneyDuties, duties_of, wallet_of
from market_maker.serving.opened_sources import OpenedSources, SharedState
from market_maker.serving.pool_readings import pool_readings
from market_maker.serving.probes import noted_probes, stored_probes, topics_probe
from market_maker.serving.report_desk import ReportDesk
from market_maker.serving.served_engines import ServedEngines, engines_of
from market_maker.serving.trading_parts import TradingParts
from market_maker.serving.trading_side import trading_side_of
from market_maker.serving.venue_lines import VenueLines
from market_maker.serving.watching import Watching
from market_maker.settings import Settings
from market_maker.smart_maker import SmartMaker
from market_maker.storage.tenancy import Tenancy
from market_maker.telemetry.logging import Logs
from market_maker.telemetry.metrics import MetricSources
from market_maker.telemetry.page import ProcessReading

NO_SOURCES = OpenedSources()


class Parts(Struct, frozen=True):
    """Everything that runs. auth_keys: those of an auth service that has to be asked. engine_host
    to reconciliation: of this process; with workers they have nothing to do. engines: those that
    the service commands and shows, wherever they are stepped."""

    store: Store
    tenancy: Tenancy
    lease: SymbolLease
    clock: Clock
    logs: Logs
    engine_host: EngineHost
    engines: ServedEngines
    recorder: Recorder
    intent_log: IntentLog
    lines: VenueLines
    reconciliation: Reconciliation
    events: EventBus
    relay: Relay
    anchorer: Anchorer
    instruments: Instruments
    services: Services
    auth: Authenticator
    auth_keys: PublishedKeys | None
    watching: Watching
    money: MoneyDuties
    helper: HelperProcess
    reports: ReportDesk
    shared: SharedState | None


def parts_of(
    settings: Settings,
    store: Store,
    tenancy: Tenancy,
    clock: WallClock,
    logs: Logs,
    *,
    factories: Factories = USUAL,
    sources: OpenedSources = NO_SOURCES,
) -> Parts:
    """Put it together. Raises InvalidFieldError, InvalidDataError: settings do not fit."""
    auth_keys = _published_keys(settings, clock)
    auth = _authenticator(settings, TimeOfDay(), auth_keys)
    log = logs.logger()
    watching = Watching(settings, clock, logs, factories, connections=sources.connections)
    helper, events = HelperProcess(log), event_bus_of(settings, watching.connections)
    side, trading = trading_side_of(
        settings, store, clock, watching, log, factories=factories, sources=sources
    )
    engines = engines_of(settings, side, trading.pools, log, sources)
    application = _application(settings, clock, trading, engines)
    reports = ReportDesk(settings.data_dir, clock)
    anchorer = _anchorer(settings, store, trading.trail, clock, logs)
    probes: dict[str, Probe] = {"venue": side.lines.problem, "topics": topics_probe(side.lines)}
    probes["events"] = events.probe
    probes |= sources.probes | noted_probes(watching, auth_keys, anchorer, logs)
    probes |= stored_probes(store, (tenancy, side.lease), side.recorder, side.intent_log)
    probes |= engines.probes
    health_checks = _health_checks(settings, clock, auth, probes)
    beside = (helper, reports)
    return Parts(
        **shared_fields(Parts, side),
        tenancy=tenancy,
        logs=logs,
        engines=engines,
        events=events,
        relay=Relay(store, events.bus, clock, log),
        anchorer=anchorer,
        services=_services(settings, application, trading.trail, beside, health_checks),
        auth=auth,
        auth_keys=auth_keys,
        watching=watching,
        helper=helper,
        reports=reports,
        shared=sources.shared,
        money=duties_of(settings, clock, watching.clock, application, log),
    )


def _services(
    settings: Settings,
    application: Application,
    trail: AuditTrail,
    beside: tuple[HelperProcess, ReportDesk],
    health_checks: HealthChecks,
) -> Services:
    clock, store, (helper, reports) = health_checks.clock, application.running.store, beside
    journals = settings.data_dir / JOURNAL_FOLDER
    return Services(
        application=application,
        trail=trail,
        repetitions=Repetitions(store, clock),
        feed=LiveFeed(application, clock),
        maker=SmartMaker(application, load_maker_defaults(settings.data_dir)),
        clock=clock,
        health_checks=health_checks,
        sessions=Sessions(health_checks.auth, TimeOfDay()),
        reports=reports,
        explain=partial(helper.run, explained, journals),
        preview=partial(helper.run, preview),
    )


def _health_checks(
    settings: Settings, clock: Clock, auth: Authenticator, probes: dict[str, Probe]
) -> HealthChecks:
    return HealthChecks(probes, auth, clock, shadow_mode=settings.shadow_mode)


def _application(
    settings: Settings, clock: Clock, trading: TradingParts, engines: ServedEngines
) -> Application:
    return application_of(
        store=trading.pools.store,
        trail=trading.trail,
        clock=clock,
        pools=engines.pools,
        controls=engines.controls,
        wallet=wallet_of(settings, clock),
        money_flow=settings.money_flow,
    )


def _anchorer(
    settings: Settings, store: Store, trail: AuditTrail, clock: Clock, logs: Logs
) -> Anchorer:
    copy = settings.audit_anchor_copy
    return Anchorer(
        store,
        AnchorFile(settings.data_dir / FILE_NAME),
        clock,
        logs.logger(),
        trail,
        copy=None if copy is None else AnchorFile(copy),
        check_interval=CHECK_INTERVAL_WITH_WORKERS if settings.workers > 1 else CHECK_INTERVAL,
    )


def api_of(parts: Parts, rates: Mapping[Pace, Rate]) -> ASGIApp:
    """The REST API as an ASGI application. rates: how often one token may ask."""
    edge = Edge(**shared_fields(Edge, parts, but=("shared",)), shared=parts.shared, rates=rates)
    app = create_app(edge)
    served: ASGIApp = parts.watching.requests(app)
    return served


def metrics_of(parts: Parts, token: str | None) -> MetricsDoor:
    """The metrics as an ASGI application."""
    readings = MetricSources(
        pools=lambda: pool_readings(parts.engine_host, parts.reconciliation, parts.clock),
        process=lambda: _process_reading(parts),
        money=parts.money.reading,
        measures=parts.watching.measures,
        connections=parts.watching.connections,
        ready=parts.services.health_checks.ready,
    )
    return MetricsDoor(parts.engines.metrics(readings, parts.clock), token)


def _published_keys(settings: Settings, clock: Clock) -> PublishedKeys | None:
    if settings.auth_service_url is None or settings.disable_auth:
        return None
    if settings.jwks_file is not None:
        allowed = "unset: the keys come from AUTH_SERVICE_URL"
        raise InvalidFieldError("JWKS_FILE", str(settings.jwks_file), allowed)
    fetch = fetch_over_http(settings.auth_service_url)
    return PublishedKeys(fetch, settings.data_dir / CACHE_NAME, clock)


def _authenticator(
    settings: Settings, clock: Clock, published: PublishedKeys | None
) -> Authenticator:
    if settings.disable_auth:
        return nobody([settings.http_host])
    rules: dict[str, Any] = {
        "life_max": int(settings.token_life_max),
        "revocations": Revocations(settings.data_dir),
    }
    if published is None and settings.jwks_file is None:
        keys = development_key_set(settings.data_dir)
        return Bearer(keys, DEVELOPMENT_ISSUER, AUDIENCE, clock, **rules)
    if settings.jwt_issuer is None:
        allowed = "the issuer of the tokens, with JWKS_FILE or AUTH_SERVICE_URL"
        raise InvalidFieldError("JWT_ISSUER", None, allowed)
    audience = settings.jwt_audience or AUDIENCE
    known = published if settings.jwks_file is None else load_key_set(settings.jwks_file)
    assert known is not None
    if published is not None:
        rules["look_up"] = published.look_up
    return Bearer(known, settings.jwt_issuer, audience, clock, **rules)


def _process_reading(parts: Parts) -> ProcessReading:
    relay, program = parts.relay, build()
    return ProcessReading(
        outbox_waiting=relay.backlog.waiting,
        outbox_parked=relay.backlog.parked,
        outbox_lag_ns=relay.lag,
        outbox_published=relay.tally.published,
        topics_parked=parts.lines.topics.parked,
        topics_lag_ns=parts.lines.topics.lag or 0,
        records_waiting=parts.recorder.backlog + parts.intent_log.waiting,
        records_refused=parts.recorder.quarantined + parts.intent_log.refused,
        orders_unrecorded=parts.intent_log.unrecorded,
        audit_head=parts.anchorer.head,
        journal_turns_lost=parts.watching.journals.lost,
        journal_failures=parts.watching.journals.health.failures,
        log_lines_dropped=parts.logs.dropped,
        anchor_failures=parts.anchorer.failures,
        clock_drift_s=parts.watching.clock.drift_s,
        clock_steps=parts.watching.clock.steps,
        watchdog_attached=is_watched(parts.watching.data_dir),
        shadow_mode=parts.engines.pools.engine_host.shadow,
        version=program.version,
        fingerprint=program.fingerprint,
    )
