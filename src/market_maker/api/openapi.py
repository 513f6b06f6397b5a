"""The OpenAPI description, made from the table of routes and the types that it names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from market_maker.api.csv_lists import MEDIA as CSV
from market_maker.api.csv_lists import has_rows
from market_maker.api.health import build
from market_maker.api.problems import MEDIA_TYPE, TITLES, Problem
from market_maker.api.routes import AnswerLink, Route, Versioning
from market_maker.api.schemas import REFERENCES, body_schema, query_schema, reference, words_of
from market_maker.api.wire import components, plan
from market_maker.model.fields import NAME_PATTERN, fields_of

Document = dict[str, Any]

FAMILIES = {
    "health": "Whether the process is alive and ready.",
    "pools": "One symbol's maker: its configuration, its state, its live status.",
    "members": "Who is in a pool, with which weight and limits.",
    "participants": "Who lends the pools their accounts.",
    "records": "Orders and fills, as stored.",
    "performance": "Scores, and what was promised.",
    "analytics": "What trading came to, and from what.",
    "settlements": "Who is owed what for a month, and what became of it.",
    "emergency": "Everything at once.",
    "audit": "Who did what, and why.",
    "maker": "The smart engine: symbols that are started and stopped by name.",
    "live": "Who is asking, and live pictures as a stream.",
    "reports": "Replays and comparisons on recordings, made on request.",
    "alerts": "What calls for an operator, and who has seen it.",
}
_PARAMETER = re.compile(r"{(\w+)}")


def describe(routes: Sequence[Route]) -> Document:
    """The whole description, OpenAPI 3.1."""
    paths: dict[str, Document] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "market_maker",
            "version": build().version,
            "description": "Decimals are strings of plain digits, times are RFC 3339 with their "
            "zone, lists come in pages, and every refusal is a problem (RFC 9457).",
        },
        "tags": [{"name": name, "description": words} for name, words in FAMILIES.items()],
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def operation(route: Route) -> Document:
    """One route."""
    described: Document = {
        "operationId": route.name,
        "tags": [route.family],
        "summary": route.summary,
        "description": f"Roles: {', '.join(route.roles or ('none needed',))}.",
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_headers(route)],
        "responses": {**_answers(route), **_problems(route)},
        "security": [] if route.roles is None else [{"bearer": []}],
        "x-roles": [str(role) for role in route.roles or ()],
    }
    if route.body is not None:
        described["requestBody"] = {
            "required": not route.optional_body,
            "content": {"application/json": {"schema": reference(route.body.title)}},
        }
    return described


def _path_parameters(route: Route) -> list[Document]:
    schema = {"type": "string", "pattern": NAME_PATTERN}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name in _PARAMETER.findall(route.path)
    ]


def _query_parameters(route: Route) -> list[Document]:
    if route.query is None:
        return []
    described = query_schema(route.query)
    wanted = described.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in wanted, "schema": _not_null(schema)}
        for name, schema in described["properties"].items()
    ]


def _not_null(schema: Document) -> Document:
    """A query parameter is there or it is not: it is never null."""
    kept = {name: value for name, value in schema.items() if name not in {"anyOf", "default"}}
    if schema.get("default") is not None:
        kept["default"] = schema["default"]
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return kept | (choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {})


def _headers(route: Route) -> Iterable[Document]:
    if route.creates:
        schema = {"type": "string", "pattern": "^[!-~]{1,128}$"}
        words = "The same key and request again return the first answer."
        yield _header("Idempotency-Key", schema, words)
    if route.versioning is Versioning.TAKES:
        schema = {"type": "string", "pattern": '^"?[1-9][0-9]{0,17}"?$'}
        yield _header("If-Match", schema, "The version that this changes: 409 if it is another.")


def _header(name: str, schema: Document, description: str) -> Document:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "schema": schema,
        "description": description,
    }


def _answers(route: Route) -> Document:
    schema = _page_of(route) if route.paged else plan(route.answer).reference
    media = route.media or ("application/json",)
    content: Document = {each: {"schema": schema} for each in media}
    if has_rows(route):
        content[CSV] = {"schema": {"type": "string"}}
    answer: Document = {"description": "Done.", "content": content}
    if route.versioning is not Versioning.NONE:
        words = {"description": "The version.", "schema": {"type": "string"}}
        answer["headers"] = {"ETag": words}
    if route.links:
        answer["links"] = {each.operation: _link(each) for each in route.links}
    return {str(status): answer for status in route.statuses}


def _page_of(route: Route) -> Document:
    properties = {
        "items": {"type": "array", "items": plan(route.answer).reference},
        "next_cursor": {"type": ["string", "null"]},
        "total": {"type": ["integer", "null"]},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _link(link: AnswerLink) -> Document:
    parameters = {name: f"$response.body#/{field}" for name, field in link.parameters.items()}
    return {"operationId": link.operation, "parameters": parameters}


def _problems(route: Route) -> Document:
    by_status: dict[int, list[str]] = {}
    for kind in _kinds(route):
        status, title = TITLES[kind]
        by_status.setdefault(status, []).append(title)
    content = {MEDIA_TYPE: {"schema": reference("Problem")}}
    return {
        str(status): {"description": "; ".join(titles), "content": content}
        for status, titles in sorted(by_status.items())
        if status not in route.statuses
    }


def _kinds(route: Route) -> list[str]:
    kinds = ["malformed", "misdirected", "invalid-field", "internal", "unavailable"]
    if route.roles is not None:
        kinds += ["unauthenticated", "forbidden", "too-many-requests"]
    if route.body is not None:
        kinds += ["too-slow", "too-large", "unsupported-media-type"]
    if "{" in route.path or route.creates or route.finds:
        kinds += ["not-found"]
    if route.media:
        kinds += ["not-acceptable"]
    if route.conflicts:
        kinds += ["conflict", "illegal-transition"]
    return kinds


def _schemas(routes: Sequence[Route]) -> dict[str, Document]:
    """Every schema, by a name that no other has."""
    found = components(plan(route.answer) for route in routes)
    _, problem = msgspec.json.schema_components(
        (Problem,), ref_template=REFERENCES.format("{name}")
    )
    _add(found, problem)
    for route in routes:
        if route.body is not None:
            _add(found, {route.body.title: body_schema(route.body)})
            _add(found, words_of(route.body.fields()))
        if route.query is not None:
            _add(found, {route.query.__name__: query_schema(route.query)})
            _add(found, words_of(fields_of(route.query)))
    return dict(sorted(found.items()))


def _add(found: dict[str, Document], more: Mapping[str, Document]) -> None:
    for name, schema in more.items():
        assert found.setdefault(name, schema) == schema, f"there are two schemas {name}"
