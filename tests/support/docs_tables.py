"""The tables of the documents that the code knows better: roles, refusals, fields, estimates.

`python -m tests.support.docs_tables` writes them between their marks; a test fails where a
document and the code do not agree.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from market_maker.api.problems import TITLES
from market_maker.api.reading import Body, allowed
from market_maker.api.schemas import sent_default
from market_maker.api.table import ROUTES
from market_maker.engine.estimates_report import all_lines
from market_maker.model.caller import Role
from market_maker.telemetry.names import METRICS

DOCS = Path(__file__).parents[2] / "docs"

BY_THE_DOMAIN = (
    ("loosen a pool's limits, a member's share or limits, a participant's terms", (Role.RISK,)),
    ("resume a pool that was halted", (Role.RISK,)),
)
"""What the matrix of routes does not say: model/loosening.py, operations/controls.py."""


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Markdown."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _ticks(roles: tuple[Role, ...]) -> list[str]:
    return ["✓" if role in roles else "" for role in Role]


def _words(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: f" {match[1].lower()}", name)


def roles_by_right() -> str:
    """One row for each set of roles, with the operations that it may call."""
    groups: dict[tuple[Role, ...], list[str]] = {}
    for route in ROUTES:
        if route.roles is not None:
            groups.setdefault(tuple(r for r in Role if r in route.roles), []).append(
                _words(route.name)
            )
    by_width = sorted(groups.items(), key=lambda group: -len(group[0]))
    rows = [[", ".join(names), *_ticks(roles)] for roles, names in by_width]
    rows += [[words, *_ticks(roles)] for words, roles in BY_THE_DOMAIN]
    return table(["", *Role], rows)


def roles_by_route() -> str:
    """Every route."""
    rows = [
        [f"`{r.method} {r.path}`", r.summary, *(_ticks(r.roles) if r.roles else ["public"] * 5)]
        for r in ROUTES
    ]
    return table(["route", "", *Role], rows)


def refusals() -> str:
    """Every kind of problem."""
    rows = [[str(status), f"`{kind}`", title] for kind, (status, title) in TITLES.items()]
    return table(["status", "type", "title"], sorted(rows))


def fields_of_bodies() -> str:
    """Every field of every body, with what it may be and its default."""
    bodies = {route.body.title: route.body for route in ROUTES if route.body is not None}
    parts = [_fields(bodies[name]) for name in sorted(bodies) if bodies[name].fields()]
    return "\n\n".join(parts)


def _fields(body: Body) -> str:
    rows = []
    for name, field in body.fields().items():
        needed = field.required or name in body.required
        default = "required" if needed else f"`{sent_default(field.default)}`"
        rows.append([f"`{name}`", default, allowed(field), field.meaning])
    return f"**{body.title}**\n\n" + table(["field", "default", "may be", "meaning"], rows)


def estimates() -> str:
    """Every estimate that can be read."""
    rows = [[f"`{line.name}`", line.meaning, line.unit, line.ready] for line in all_lines()]
    return table(["name", "what it says", "unit", "ready"], rows)


def metrics() -> str:
    """Every metric that is published."""
    rows = [[f"`{m.name}`", m.kind, ", ".join(m.labels) or "–", m.help] for m in METRICS]
    return table(["metric", "kind", "labels", "meaning"], rows)


TABLES: dict[str, dict[str, Callable[[], str]]] = {
    "rest-api.md": {
        "roles by route": roles_by_route,
        "refusals": refusals,
        "fields of bodies": fields_of_bodies,
    },
    "operations.md": {"roles": roles_by_right, "metrics": metrics},
    "estimators.md": {"estimates": estimates},
}
"""The tables of each document, by their mark."""


def written(name: str) -> str:
    """A document with its tables as the code has them."""
    text = (DOCS / name).read_text()
    for mark, make in TABLES[name].items():
        begin, end = f"<!-- table: {mark} -->\n", "<!-- end of table -->\n"
        before, found, rest = text.partition(begin)
        assert found, f"{name} has no mark {begin!r}"
        text = before + begin + "\n" + make() + "\n\n" + end + rest.partition(end)[2]
    return text


if __name__ == "__main__":
    for document in TABLES:
        (DOCS / document).write_text(written(document))
