"""A route is a row: method, path, who may, how often, what goes in, what comes out, who does it.

Routing, the roles matrix and the OpenAPI description are all read from these rows.
"""

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from market_maker.api.health import HealthChecks
from market_maker.api.live_feed import LiveFeed
from market_maker.api.pace import Pace
from market_maker.api.reading import Body, EmptyBody, Query
from market_maker.api.sessions import Credentials, Sessions
from market_maker.application import Application
from market_maker.journaling.audit import AuditTrail
from market_maker.journaling.journal_search import TurnMeant
from market_maker.model.caller import Caller, Role
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.model.units import ParticipantId
from market_maker.operations.explanations import ExplanationView
from market_maker.operations.idempotency import Repetitions
from market_maker.operations.preview import Preview, PreviewMoment
from market_maker.ports import Clock
from market_maker.ports.panel import Reports
from market_maker.smart_maker import SmartMaker

Explainer = Callable[[str, TurnMeant], Awaitable[ExplanationView]]
"""Why a pool quoted what it quoted, by symbol and turn."""
Previewer = Callable[[Instrument, PoolConfig, PreviewMoment], Awaitable[Preview]]

Kind = TypeVar("Kind", bound=Struct)

EVERYONE = tuple(Role)
OPERATORS = (Role.OPERATOR, Role.RISK)
STOPPERS = (Role.OPERATOR, Role.RISK, Role.ADMIN)
AUDITORS = (Role.RISK, Role.FINANCE, Role.ADMIN)
SIGNERS = (Role.RISK, Role.FINANCE)
PAYERS = (Role.FINANCE,)
PUBLIC: tuple[Role, ...] | None = None
"""No token at all: liveness, and the description of the API itself."""


class Versioning(StrEnum):
    """`GIVES`: the answer has a version, as ETag. TAKES: the request may name the version that it
    changes, in If-Match or as `version` in its body; the answer has one too."""

    NONE = "none"
    GIVES = "gives"
    TAKES = "takes"


class Services(Struct, frozen=True, kw_only=True):
    """What the handlers call. trail: the audit log, to be read. repetitions: idempotency keys.
    health_checks: how the process is. feed: live pictures for streams. maker: pools of
    one, started by symbol. explain, preview: done in a process beside this one. sessions: of
    browsers. reports: made on recordings, in a process of their own."""

    application: Application
    trail: AuditTrail
    repetitions: Repetitions
    health_checks: HealthChecks
    feed: LiveFeed
    maker: SmartMaker
    sessions: Sessions
    reports: Reports
    explain: Explainer
    preview: Previewer
    clock: Clock


class Asked(Struct, frozen=True, kw_only=True):
    """One request, proved and checked. version: the one it wants to change, if it named one.
    accept: the header of that name, for routes that have more than one form of an answer.
    accept_encoding, last_event_id: likewise. credentials: what the request proved itself with."""

    services: Services
    caller: Caller
    path: Mapping[str, str]
    query: Query | None
    body: Struct | None
    version: int | None
    accept: str
    credentials: Credentials
    accept_encoding: str = ""
    last_event_id: str = ""

    @property
    def application(self) -> Application:
        """The application's own services."""
        return self.services.application

    @property
    def symbol(self) -> str:
        """The symbol in the path."""
        return self.path["symbol"]

    @property
    def participant_id(self) -> ParticipantId:
        """The participant in the path."""
        return ParticipantId(self.path["participant_id"])

    def query_as(self, kind: type[Kind]) -> Kind:
        """The query parameters."""
        assert isinstance(self.query, kind), self.query
        return self.query

    def body_as(self, kind: type[Kind]) -> Kind:
        """The body; all defaults where it may be absent, and is."""
        body = kind() if self.body is None else self.body
        assert isinstance(body, kind), body
        return body


class Text(Struct, frozen=True, kw_only=True):
    """A document that is no JSON. parts: of its text, in order; headers: what its kind needs."""

    media_type: str
    parts: AsyncIterable[str | bytes]
    headers: Mapping[str, str]


class RouteAnswer(Struct, frozen=True, kw_only=True):
    """An answer that is not the route's usual one: of another status, or with headers."""

    value: object
    status: int
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)


class AnswerLink(Struct, frozen=True):
    """From an answer to an operation: its path parameters, from fields of the answer."""

    operation: str
    parameters: dict[str, str]


class Route(Struct, frozen=True, kw_only=True):
    """One row. handle: returns the value to be sent, or a RouteAnswer. answer: the type of the
    value; paged: values come in pages of it. statuses: the first is the usual one. version: where
    the answer has its version. body: what is read; optional_body: it may be absent. creates:
    honours Idempotency-Key. conflicts: may answer 409. media: the types of text that it answers
    instead of JSON. finds: what it is about may not be there, though its path names nothing. rows,
    row: the field of the answer that holds a list that CSV has, and its type; pages are one."""

    method: str
    path: str
    name: str
    summary: str
    family: str
    roles: tuple[Role, ...] | None
    handle: Callable[[Asked], Awaitable[object]]
    answer: Any
    paged: bool = False
    pace: Pace = Pace.READ
    query: type[Query] | None = None
    body: Body | None = None
    optional_body: bool = False
    creates: bool = False
    versioning: Versioning = Versioning.NONE
    version: str = "version"
    statuses: tuple[int, ...] = (200,)
    conflicts: bool = False
    finds: bool = False
    media: tuple[str, ...] = ()
    rows: str = ""
    row: Any = None
    links: tuple[AnswerLink, ...] = ()


NO_BODY = Body(kind=EmptyBody)


def command(path: str, name: str, summary: str, **more: Any) -> Route:
    """A row that moves something along its state table: POST without a body unless it has one."""
    row: dict[str, Any] = {
        "method": "POST",
        "path": path,
        "name": name,
        "summary": summary,
        "pace": Pace.WRITE,
        "body": NO_BODY,
        "optional_body": True,
        "conflicts": True,
    }
    return Route(**row | more)


def rows_of(family: str, below: str = "", **usual: Any) -> Callable[..., Route]:
    """Makes the rows of a family that is read, by every role unless `usual` says otherwise: of a
    path, which stands behind `below`, a name, a summary and a handler."""
    shared: dict[str, Any] = {"method": "GET", "family": family, "roles": EVERYONE, **usual}

    def row(path: str, name: str, summary: str, handle: Any, **more: Any) -> Route:
        one = {"path": below + path, "name": name, "summary": summary, "handle": handle}
        return Route(**shared | one | more)

    return row


def links(of: Mapping[str, str], *operations: str) -> tuple[AnswerLink, ...]:
    """From an answer's fields to operations on what it is about."""
    return tuple(AnswerLink(operation, dict(of)) for operation in operations)


def wanted_version(header: str | None, in_body: int | None) -> int | None:
    """The version that a request names. Raises InvalidFieldError if it names two."""
    in_header = _tag(header)
    if in_header is not None and in_body is not None and in_header != in_body:
        raise InvalidFieldError("version", str(in_body), f"{in_header}, as If-Match says")
    return in_body if in_header is None else in_header


def _tag(header: str | None) -> int | None:
    if header is None or header.strip() == "*":
        return None
    text = header.strip().strip('"')
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(2**63)):
        raise InvalidFieldError("If-Match", header, 'one version such as "3"')
    return int(text)
