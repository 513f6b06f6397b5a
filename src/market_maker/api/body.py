"""Reading a request body: JSON of one plain object, with everything ambiguous refused."""

import asyncio
import json
import re
from collections.abc import Iterable
from typing import NoReturn

from starlette.requests import Request

from market_maker.api.literals import Number
from market_maker.api.problems import refusal

BYTES_MAX = 64 * 1024
DEPTH_MAX = 8
ITEMS_MAX = 1_000
NUMBER_LENGTH_MAX = 40
ARRIVAL_SECONDS_MAX = 10.0

JSON_TYPES = ("application/json", "application/x-www-form-urlencoded")
"""The second is what `curl -d` sends unless a header says otherwise, as in commands of the
documents. It is read as JSON all the same. A web page of another site could send it too, which
is why `access` refuses requests that come from foreign pages."""

_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


async def read_object(request: Request) -> dict[str, object] | None:
    """The body's fields; None where there is no body. Numbers come as Number, as written.

    Raises ProblemError: 400 unreadable, 408 too slow, 413 too large, 415 another type.
    """
    raw = await read_bytes(request)
    if not raw:
        return None
    check_type(request)
    return parse(raw)


async def read_bytes(request: Request) -> bytes:
    """The bytes of the body, bounded in number and in time."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > NUMBER_LENGTH_MAX:
        raise refusal("malformed", "Content-Length is not a number")
    if int(declared) > BYTES_MAX:
        raise _too_large()
    raw = bytearray()
    try:
        async with asyncio.timeout(ARRIVAL_SECONDS_MAX):
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > BYTES_MAX:
                    raise _too_large()
    except TimeoutError:
        problem = f"the body did not arrive within {ARRIVAL_SECONDS_MAX:.0f} seconds"
        raise refusal("too-slow", problem, {"Connection": "close"}) from None
    return bytes(raw)


def _too_large() -> Exception:
    return refusal("too-large", f"at most {BYTES_MAX} bytes are read", {"Connection": "close"})


def check_type(request: Request) -> None:
    """Refuse a body that does not say that it is JSON, or is packed."""
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower()
    if media_type.strip().lower() not in JSON_TYPES or charset not in {"", "charset=utf-8"}:
        raise refusal("unsupported-media-type", "send application/json in UTF-8")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise refusal("unsupported-media-type", "send the body without Content-Encoding")


def parse(raw: bytes) -> dict[str, object]:
    """One JSON object. Raises ProblemError with status 400 on anything else, on duplicate keys,
    NaN, Infinity, exponents, invalid Unicode, and on more depth, items or digits than allowed."""
    _check_depth(raw)
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_constant,
        )
    except UnicodeDecodeError:
        _malformed("the body is not UTF-8")
    except json.JSONDecodeError as error:
        _malformed(f"the body is not JSON: {error.msg} at character {error.pos}")
    if not isinstance(value, dict):
        _malformed("the body is not a JSON object")
    _check_texts(value)
    return value


def _check_depth(raw: bytes) -> None:
    # Before parsing, because the parser recurses. Brackets within texts do not count.
    depth = 0
    for token in _STRUCTURE.finditer(raw):
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
            case _:
                pass
        if depth > DEPTH_MAX:
            _malformed(f"the body is nested deeper than {DEPTH_MAX} levels")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        _malformed(f"the key {_shown(twice)} stands in an object twice")
    return fields


def _number(token: str) -> Number:
    if len(token) > NUMBER_LENGTH_MAX or not _PLAIN_NUMBER.fullmatch(token):
        _malformed(f"the number {_shown(token)} is not written in plain digits")
    return Number(token)


def _constant(name: str) -> NoReturn:
    _malformed(f"{name} is not a number")


def _check_texts(value: object) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        _check_items([*value.keys(), *value.values()])
    elif isinstance(value, list):
        _check_items(value)


def _check_items(items: list[object]) -> None:
    if len(items) > ITEMS_MAX:
        _malformed(f"the body has a list or object of more than {ITEMS_MAX} items")
    for item in items:
        _check_texts(item)


def _check_text(text: str) -> None:
    if "\0" in text:
        _malformed("the body has a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in _unusual(text)):
        _malformed("the body has half a surrogate pair")


def _unusual(text: str) -> Iterable[str]:
    return () if text.isascii() else text


def _shown(text: str) -> str:
    return repr(text[:NUMBER_LENGTH_MAX])


def _malformed(detail: str) -> NoReturn:
    raise refusal("malformed", detail)
