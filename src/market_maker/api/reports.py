"""/v1/reports, /v1/recordings and trials of a pool's configuration: replays, comparisons and parity
on request, made beside the service."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

from msgspec import Struct

from market_maker.api.filters import check_span
from market_maker.api.pace import Pace
from market_maker.api.paging import PageQuery, page_of, place_of
from market_maker.api.pools import ONE as POOL
from market_maker.api.pools import POOL_BODY, check_symbol
from market_maker.api.reading import Body, Query
from market_maker.api.routes import EVERYONE, OPERATORS, Asked, Route, Text, command
from market_maker.journaling.audit import AuditEntry
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import rate_from_bps
from market_maker.model.pool import PoolConfig
from market_maker.model.records import Page
from market_maker.model.report_jobs import (
    QUEUES,
    LatencyMs,
    MakerFeeBps,
    QueueName,
    QuoteRate,
    RecordingFile,
    RecordingName,
    ReportJob,
    ReportKind,
    ReportRequest,
    Trial,
)
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_MS
from market_maker.operations.pool_versions import changes_shown
from market_maker.quoting.registry import STRATEGIES

PATH = "/v1/reports"
ONE = PATH + "/{report_id}"
LATEST = 10**20
"""Beyond every moment in a job's id: the newest stand first in a list that is sorted upwards."""

FRAME_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
"""A report runs its own charts, in an origin of its own: it reaches no cookie and no address."""


class TrialQuery(Query, frozen=True, kw_only=True):
    """On what, and under which terms."""

    recording: RecordingName
    latency_ms: LatencyMs = Decimal(5)
    maker_fee_bps: MakerFeeBps = Decimal(0)
    queue: QueueName = QUEUES[0]
    quote_rate: QuoteRate = None


class RecordingList(Struct, frozen=True, kw_only=True):
    """Files .mmrec in the folder recordings of the data directory, by name."""

    items: tuple[RecordingFile, ...]


async def _recordings(asked: Asked) -> RecordingList:
    return RecordingList(items=asked.services.reports.recordings())


async def _list(asked: Asked) -> Page[ReportJob]:
    def key(job: ReportJob) -> str:
        return f"{LATEST - job.created_at:021d} {job.id}"

    jobs = sorted(asked.services.reports.jobs(), key=key)
    return page_of(jobs, key, place_of(asked))


async def _get(asked: Asked) -> ReportJob:
    return asked.services.reports.get(asked.path["report_id"])


async def _start(asked: Asked) -> ReportJob:
    request = asked.body_as(ReportRequest)
    _check(request)
    config: PoolConfig | None = None
    if request.pool is not None:
        config = (await asked.application.pools.get(request.pool)).config
    job = asked.services.reports.start(request, config, asked.caller.subject)
    await _note(asked, "report.start", job)
    return job


async def _try(asked: Asked) -> ReportJob:
    proposed, pools = asked.body_as(PoolConfig), asked.application.pools
    current = (await pools.get(asked.symbol)).config
    check_symbol(asked, proposed)
    pools.check(proposed)
    query = asked.query_as(TrialQuery)
    request = ReportRequest(
        kind=ReportKind.COMPARE, pool=asked.symbol, **shared_fields(ReportRequest, query)
    )
    _check(request)
    trial = Trial(proposed, changes_shown(current, proposed))
    job = asked.services.reports.start(request, current, asked.caller.subject, trial)
    await _note(asked, "report.start", job)
    return job


async def _cancel(asked: Asked) -> ReportJob:
    job = asked.services.reports.cancel(asked.path["report_id"])
    await _note(asked, "report.cancel", job)
    return job


def _check(request: ReportRequest) -> None:
    _ = request.subject
    live = request.kind is ReportKind.PARITY
    of_a_recording = ("recording", "pool", "strategies", "quote_rate")
    for field in of_a_recording if live else ("symbol", "since", "until"):
        if value := getattr(request, field):
            allowed = f"not in a report of the kind {request.kind}"
            raise InvalidFieldError(field, value, allowed)
    check_span(request.since, request.until)
    rate_from_bps("maker_fee_bps", request.maker_fee_bps)
    if request.latency_ms * NANOS_PER_MS % 1:
        allowed = "milliseconds, at most six digits after the point"
        raise InvalidFieldError("latency_ms", request.latency_ms, allowed)
    _check_strategies(request)


def _check_strategies(request: ReportRequest) -> None:
    names = request.strategies.split(",") if request.strategies else []
    for name in names:
        if name not in STRATEGIES:
            raise InvalidFieldError("strategies", request.strategies, ", ".join(STRATEGIES))
        if names.count(name) > 1:
            raise InvalidFieldError("strategies", request.strategies, "each strategy once")
    if request.kind is ReportKind.REPLAY and len(names) > 1:
        raise InvalidFieldError("strategies", request.strategies, "one strategy for a replay")


async def _note(asked: Asked, action: str, job: ReportJob) -> None:
    entry = AuditEntry(caller=asked.caller, action=action, target=job.id)
    async with asked.application.running.store.transaction() as unit:
        await asked.services.trail.append(unit, entry)


async def _page(asked: Asked) -> Text:
    text = asked.services.reports.page(asked.path["report_id"])

    async def parts() -> AsyncIterator[str]:
        yield text

    headers = {
        "Content-Security-Policy": FRAME_POLICY,
        "X-Frame-Options": "SAMEORIGIN",
        "Content-Disposition": f'inline; filename="{asked.path["report_id"]}.html"',
    }
    return Text(media_type="text/html; charset=utf-8", parts=parts(), headers=headers)


def _row(path: str, name: str, summary: str, handle: Any, **more: Any) -> Route:
    row: dict[str, Any] = {"method": "GET", "path": path, "name": name, "summary": summary}
    return Route(**row | {"family": "reports", "roles": EVERYONE, "handle": handle} | more)


ROUTES = (
    _row(
        "/v1/recordings",
        "listRecordings",
        "Recordings that reports can be made on.",
        _recordings,
        answer=RecordingList,
    ),
    _row(
        PATH,
        "listReports",
        "Replays, comparisons and parity reports, newest first.",
        _list,
        answer=ReportJob,
        paged=True,
        query=PageQuery,
    ),
    command(
        PATH,
        "startReport",
        "Replay a recording, compare strategies on it, or live with a replay; one at a time.",
        family="reports",
        roles=OPERATORS,
        handle=_start,
        answer=ReportJob,
        body=Body(kind=ReportRequest, name="ReportBody"),
        optional_body=False,
        creates=True,
        statuses=(201,),
    ),
    command(
        f"{POOL}/trial",
        "tryPool",
        "Compare a pool's configuration in force with another on a recording; nothing is saved.",
        family="reports",
        roles=OPERATORS,
        handle=_try,
        answer=ReportJob,
        body=POOL_BODY,
        optional_body=False,
        query=TrialQuery,
        creates=True,
        statuses=(201,),
    ),
    _row(ONE, "getReport", "One report: how far it is.", _get, answer=ReportJob),
    command(
        ONE + "/cancel",
        "cancelReport",
        "End a report that waits or runs.",
        family="reports",
        roles=OPERATORS,
        handle=_cancel,
        answer=ReportJob,
        pace=Pace.WRITE,
    ),
    _row(
        ONE + "/file",
        "getReportFile",
        "The page of a report that is done; for a sandboxed frame.",
        _page,
        answer=str,
        media=("text/html",),
    ),
)
