"""From a request to a route's handler and back: reading, checking, writing, once for all."""

import asyncio
import hashlib
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.responses import Response, StreamingResponse

from market_maker.api.access import keep_denial
from market_maker.api.body import read_object
from market_maker.api.literals import NAME_PATTERN
from market_maker.api.problems import FieldProblem, ProblemError, flawed, plain, refusal
from market_maker.api.routes import (
    Asked,
    Route,
    RouteAnswer,
    Services,
    Text,
    Versioning,
    wanted_version,
)
from market_maker.api.wire import encode
from market_maker.model.errors import DomainError, InvalidFieldError
from market_maker.model.records import Page
from market_maker.operations.idempotency import Remembered

READ_SECONDS_MAX = 30.0
"""How long a read may take. Commands are not cut off half-way: the store bounds them."""
ITEMS_AT_ONCE = 10
"""Of a page; then the engines have a turn."""
QUERY_PARAMETERS_MAX = 20
NAME_ALLOWED = "1 to 64 letters, digits and @ : . _ - of which the first is a letter or digit"
KEY_ALLOWED = "1 to 128 printable ASCII characters"

_NAME = re.compile(NAME_PATTERN, re.ASCII)
_KEY = re.compile(r"[!-~]{1,128}", re.ASCII)


class Endpoint:
    """What answers one route."""

    def __init__(self, route: Route, services: Services) -> None:
        self._route, self._services = route, services

    async def __call__(self, request: Request) -> Response:
        """The answer. Raises ProblemError and DomainError."""
        asked, fingerprint = await self._asked(request)
        key = _idempotency_key(request) if self._route.creates else None
        if key is not None:
            return await self._once(request, asked, (key, fingerprint))
        return await self._response(await self._handled(request, asked))

    async def _handled(self, request: Request, asked: Asked) -> RouteAnswer:
        try:
            return await self._answer(asked)
        except ProblemError as error:
            await keep_denial(self._services.trail, asked.caller, request, error)
            raise

    async def _answer(self, asked: Asked) -> RouteAnswer:
        if self._route.method != "GET":
            return await self._route.handle(asked)
        try:
            async with asyncio.timeout(READ_SECONDS_MAX):
                return await self._route.handle(asked)
        except TimeoutError:
            detail = f"the answer was not there within {READ_SECONDS_MAX:.0f} seconds"
            raise refusal("unavailable", detail, {"Retry-After": "1"}) from None

    async def _once(self, request: Request, asked: Asked, claim: tuple[str, str]) -> Response:
        """Do it, unless it was done under this key before. claim: the key, and a hash of what is
        asked."""
        key, fingerprint = claim
        held = await self._services.repetitions.begin(asked.caller, key, fingerprint)
        if held is not None:
            return _repeated(held)
        try:
            answer = await self._handled(request, asked)
        except (DomainError, ProblemError):
            await self._services.repetitions.abandon(asked.caller, key)
            raise
        response = await self._response(answer)
        remembered = Remembered(response.status_code, bytes(response.body))
        await self._services.repetitions.finish(asked.caller, key, remembered)
        return response

    async def _asked(self, request: Request) -> tuple[Asked, str]:
        path = _path(request)
        query = _query(self._route, request)
        given = None if self._route.body is None else await read_object(request)
        body = _body(self._route, given)
        version = None
        if self._route.versioning is Versioning.TAKES:
            version = wanted_version(
                request.headers.get("if-match"), getattr(body, "version", None)
            )
        asked = Asked(
            services=self._services,
            caller=request.state.caller,
            path=path,
            query=query,
            body=body,
            version=version,
            accept=request.headers.get("accept", ""),
        )
        return asked, _fingerprint(request, given)

    async def _response(self, answer: RouteAnswer) -> Response:
        if isinstance(answer.value, Text):
            text = answer.value
            return StreamingResponse(text.parts, answer.status, dict(text.headers), text.media_type)
        content = msgspec.json.encode(await self._sent(answer.value))
        headers = {} if answer.version is None else {"ETag": f'"{answer.version}"'}
        return Response(content, answer.status, headers, "application/json")

    async def _sent(self, value: object) -> object:
        if not self._route.paged:
            return encode(self._route.answer, value)
        assert isinstance(value, Page), value
        items = []
        for item in value.items:
            items.append(encode(self._route.answer, item))
            if len(items) % ITEMS_AT_ONCE == 0:
                await asyncio.sleep(0)
        return {"items": items, "next_cursor": value.next_cursor}


def _path(request: Request) -> dict[str, str]:
    for name, value in request.path_params.items():
        if not _NAME.fullmatch(value):
            raise InvalidFieldError(name, value, NAME_ALLOWED)
    return dict(request.path_params)


def _query(route: Route, request: Request) -> BaseModel | None:
    given = request.query_params.multi_items()
    if len(given) > QUERY_PARAMETERS_MAX:
        raise refusal("malformed", f"there are more than {QUERY_PARAMETERS_MAX} query parameters")
    fields = dict(given)
    if len(fields) != len(given):
        raise refusal("malformed", "a query parameter is given twice")
    if route.query is not None:
        return validated(route.query, fields)
    for name, value in given:
        raise InvalidFieldError(name, value, "no query parameters")
    return None


def _body(route: Route, given: dict[str, object] | None) -> BaseModel | None:
    if route.body is None or (given is None and route.optional_body):
        return None
    if given is None:
        raise refusal("malformed", "the body is empty; a JSON object is wanted")
    return validated(route.body, given)


def validated(kind: type[BaseModel], fields: dict[str, Any]) -> BaseModel:
    """A checked request. Raises ProblemError that names every flaw."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        flaws = tuple(_flaw(kind, dict(each)) for each in error.errors(include_url=False))
        raise ProblemError(flawed(flaws)) from None


def _flaw(kind: type[BaseModel], error: dict[str, Any]) -> FieldProblem:
    field = ".".join(str(part) for part in error["loc"])
    match error["type"]:
        case "missing":
            return FieldProblem(field, None, "required")
        case "extra_forbidden":
            return FieldProblem(field, plain(error["input"]), _one_of(kind.model_fields))
        case _:
            return FieldProblem(field, plain(error["input"]), error["msg"])


def _one_of(names: Iterable[str]) -> str:
    return "one of " + ", ".join(names) if names else "nothing"


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
        request.url.path,
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
