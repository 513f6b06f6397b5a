"""From a request to a route's handler and back: reading, checking, writing, once for all."""

import asyncio
import hashlib
import operator
import re
from collections.abc import Mapping
from decimal import Decimal

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from market_maker.api.access import Access, asked_path
from market_maker.api.body import read_object
from market_maker.api.csv_lists import csv_of, has_rows, wants_csv
from market_maker.api.literals import Number
from market_maker.api.problems import ProblemError, refusal
from market_maker.api.reading import Given, Query, read_body, read_query
from market_maker.api.routes import (
    Asked,
    Route,
    RouteAnswer,
    Services,
    Text,
    Versioning,
    wanted_version,
)
from market_maker.api.sessions import credentials_of
from market_maker.api.wire import encode
from market_maker.model.caller import Caller
from market_maker.model.errors import DomainError, InvalidFieldError
from market_maker.model.fields import NAME_PATTERN, NAME_WORDS
from market_maker.model.records import Page
from market_maker.operations.idempotency import Remembered

READ_SECONDS_MAX = 30.0
"""How long a read may take. Commands are not cut off half-way: the store bounds them."""
ITEMS_AT_ONCE = 10
"""Of a page; then the engines have a turn."""
QUERY_PARAMETERS_MAX = 20
KEY_ALLOWED = "1 to 128 printable ASCII characters"

_NAME = re.compile(NAME_PATTERN, re.ASCII)
_KEY = re.compile(r"[!-~]{1,128}", re.ASCII)


class Endpoint:
    """What answers one route."""

    def __init__(self, route: Route, services: Services, access: Access) -> None:
        self._route, self._services, self._access = route, services, access
        self._version = operator.attrgetter(route.version)

    async def answer(self, request: Request) -> Response:
        """Serve one request. Raises ProblemError and DomainError."""
        caller = await self._access(request, self._route.path)
        given = None if self._route.body is None else await read_object(request)
        try:
            return await self._served(request, caller, given)
        except InvalidFieldError as error:
            typed = {**(given or {}), **request.query_params, **request.path_params}
            raise as_typed(error, typed) from None

    async def _served(
        self, request: Request, caller: Caller, given: dict[str, object] | None
    ) -> Response:
        asked = self._asked(request, caller, given)
        key = _idempotency_key(request) if self._route.creates else None
        if key is not None:
            return await self._once(asked, (key, _fingerprint(request, given)))
        if has_rows(self._route) and wants_csv(asked):
            return _text(self._route.statuses[0], await csv_of(self._route, asked, self._answer))
        return await self._response(await self._answer(asked))

    async def _answer(self, asked: Asked) -> object:
        if self._route.method != "GET":
            return await self._route.handle(asked)
        try:
            async with asyncio.timeout(READ_SECONDS_MAX):
                return await self._route.handle(asked)
        except TimeoutError:
            detail = f"no answer within {READ_SECONDS_MAX:.0f} seconds"
            raise refusal("unavailable", detail, {"Retry-After": "1"}) from None

    async def _once(self, asked: Asked, claim: tuple[str, str]) -> Response:
        """Do it, unless it was done under this key before. claim: the key, and a hash of what is
        asked."""
        key, fingerprint = claim
        held = await self._services.repetitions.begin(asked.caller, key, fingerprint)
        if held is not None:
            return _repeated(held)
        try:
            answer = await self._answer(asked)
        except (DomainError, ProblemError):
            await self._services.repetitions.abandon(asked.caller, key)
            raise
        response = await self._response(answer)
        remembered = Remembered(response.status_code, bytes(response.body))
        await self._services.repetitions.finish(asked.caller, key, remembered)
        return response

    def _asked(self, request: Request, caller: Caller, given: dict[str, object] | None) -> Asked:
        route, path = self._route, _path(request)
        query = _query(route, request)
        read = _body(route, given)
        in_body = None if read is None else read.version
        version = None
        if route.versioning is Versioning.TAKES:
            version = wanted_version(request.headers.get("if-match"), in_body)
        return Asked(
            services=self._services,
            caller=caller,
            path=path,
            query=query,
            body=None if read is None else read.value,
            version=version,
            accept=request.headers.get("accept", ""),
            accept_encoding=request.headers.get("accept-encoding", ""),
            credentials=credentials_of(request),
            last_event_id=request.headers.get("last-event-id", ""),
        )

    async def _response(self, answer: object) -> Response:
        status, value = self._route.statuses[0], answer
        headers: dict[str, str] = {}
        if isinstance(answer, RouteAnswer):
            status, value, headers = answer.status, answer.value, dict(answer.headers)
        if isinstance(value, Text):
            return _text(status, value)
        content = msgspec.json.encode(await self._sent(value))
        return Response(content, status, self._tag(value) | headers, "application/json")

    def _tag(self, value: object) -> dict[str, str]:
        if self._route.versioning is Versioning.NONE:
            return {}
        try:
            return {"ETag": f'"{self._version(value)}"'}
        except AttributeError:
            # What has a version is not there yet: nothing was promised.
            return {}

    async def _sent(self, value: object) -> object:
        if not self._route.paged:
            return encode(self._route.answer, value)
        assert isinstance(value, Page), value
        items = []
        for item in value.items:
            items.append(encode(self._route.answer, item))
            if len(items) % ITEMS_AT_ONCE == 0:
                await asyncio.sleep(0)
        return {"items": items, "next_cursor": value.next_cursor, "total": value.total}


def _text(status: int, value: Text) -> Response:
    return StreamingResponse(value.parts, status, dict(value.headers), value.media_type)


def as_typed(error: InvalidFieldError, given: Mapping[str, object]) -> InvalidFieldError:
    """The same refusal with the value as the caller wrote it, where they wrote one."""
    if type(error) is not InvalidFieldError or error.field not in given:
        return error
    value = given[error.field]
    shown = Decimal(value.token) if isinstance(value, Number) else value
    return InvalidFieldError(error.field, shown, error.allowed)


def _path(request: Request) -> dict[str, str]:
    for name, value in request.path_params.items():
        if not _NAME.fullmatch(value):
            raise InvalidFieldError(name, value, NAME_WORDS)
    return dict(request.path_params)


def _query(route: Route, request: Request) -> Query | None:
    given = request.query_params.multi_items()
    if len(given) > QUERY_PARAMETERS_MAX:
        raise refusal("malformed", f"there are more than {QUERY_PARAMETERS_MAX} query parameters")
    fields = dict(given)
    if len(fields) != len(given):
        raise refusal("malformed", "a query parameter is given twice")
    if route.query is not None:
        return read_query(route.query, fields)
    for name, value in given:
        raise InvalidFieldError(name, value, "no query parameters")
    return None


def _body(route: Route, given: dict[str, object] | None) -> Given | None:
    if route.body is None or (given is None and route.optional_body):
        return None
    if given is None:
        raise refusal("malformed", "the body is empty; a JSON object is needed")
    return read_body(route.body, given)


def _idempotency_key(request: Request) -> str | None:
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise InvalidFieldError("Idempotency-Key", ", ".join(keys), KEY_ALLOWED)
    return keys[0]


def _fingerprint(request: Request, given: dict[str, object] | None) -> str:
    """A hash of what was asked: where, and the body's fields whatever their order."""
    said = [
        request.method,
        asked_path(request),
        request.headers.get("if-match", ""),
        msgspec.json.encode(given, enc_hook=str, order="deterministic"),
    ]
    content = msgspec.json.encode(said)
    return hashlib.sha256(content).hexdigest()


def _repeated(held: Remembered) -> Response:
    version = msgspec.json.decode(held.content).get("version")
    headers = {"Idempotency-Replayed": "true"}
    if version is not None:
        headers["ETag"] = f'"{version}"'
    return Response(held.content, held.status, headers, "application/json")
