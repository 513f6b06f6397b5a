"""What changed in the published description of the REST API since a release, and for which reason.

`python -m tests.support.openapi_diff` prints every difference with its reason.
"""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from market_maker.api.openapi import describe
from market_maker.api.table import ROUTES

RELEASED = Path(__file__).parents[1] / "golden" / "cases" / "openapi_0.2.0.json.gz"

REASONS: tuple[tuple[str, str], ...] = (
    (r"/x-roles$", "every operation carries its roles"),
    (r"/(description|summary)$", "words; a field's meaning stands with the field"),
    (r"/(minLength|maxLength)$", "bounds of names and months stand with the field"),
    (
        r"^/components/schemas/(Side|PoolSide)/|/(bid|ask)/",
        "component names are unique: Side",
    ),
    (
        r"^/components/schemas/(Flaw|FieldProblem|Nothing|EmptyBody|PoolState|PoolStateBody)/",
        "no public class name twice",
    ),
    (
        r"^/components/schemas/(Window|TimeWindow)/|/\$ref$",
        "no public class name twice",
    ),
    (r"^/components/schemas/PoolBody/properties/\w+/(default|enum|anyOf)", "defaults and choices"),
    (r"^/components/schemas/\w+Body/properties/\w+/enum", "choices stand with the field"),
    (
        r"^/components/schemas/AuditRecord/properties/(before|after)/",
        "audit before/after are objects",
    ),
    (r"/gross_position_usdt/|^/components/schemas/Glance/required$", "net and gross: two names"),
    (r"/deleted/|^/components/schemas/Pool(Live|Glance)/required$", "a deleted pool's position"),
    (r"/display_name/(anyOf/0/)?pattern$", "a name of which all is seen"),
    (r"^/components/schemas/MemberStatus/", "one shape for a member, MemberLive"),
    (
        r"/simulated/|/SimulatedQuote|/PoolLive/required$",
        "shadow mode shows what it would quote as simulated",
    ),
)
"""Of what is gone or changed: where, as a pattern, and why. The first that fits counts."""


def differences() -> Iterator[tuple[str, object, object, str]]:
    """Address, before, now, and the reason; an empty reason is a difference that is not meant."""
    before = dict(_leaves(json.loads(gzip.decompress(RELEASED.read_bytes()))))
    now = dict(_leaves(json.loads(msgspec.json.encode(describe(ROUTES)))))
    released = {_whole(place) for place in before}
    for place in sorted(before.keys() | now.keys()):
        one, other = before.get(place), now.get(place)
        if one != other:
            why = next((why for p, why in REASONS if re.search(p, place)), "")
            is_new = _whole(place) not in released
            yield place, one, other, "added" if is_new else why or _added(place, one, other)


def _whole(place: str) -> str:
    """Of an address, the operation, component or tag that it lies in."""
    return "/".join(place.split("/")[:4]) + "/"


def _added(place: str, before: object, now: object) -> str:
    """What is new takes nothing from a client that knows the release."""
    if before is None:
        return "added"
    more = place.endswith("/required") and isinstance(before, list) and isinstance(now, list)
    return "answers have more fields" if more and set(before) < set(now) else ""


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _leaves(each, f"{place}/{name.replace('/', '~')}")
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, each in enumerate(value):
            name = each.get("name", number) if place.endswith("/parameters") else number
            yield from _leaves(each, f"{place}/{name}")
    elif isinstance(value, list):
        yield place, sorted(map(str, value)) if place.endswith("/required") else value
    else:
        yield place, " ".join(value.split()) if isinstance(value, str) else value


if __name__ == "__main__":
    for place, before, now, why in differences():
        print(f"{why or 'NOT MEANT'}: {place}: {before!r:.80} -> {now!r:.80}")  # noqa: T201
