"""A Struct that is made from another takes the fields that both have by `shared_fields`."""

import ast
from collections.abc import Iterator

from tests.tidy.tree import PACKAGE, name_of, nodes, source_files

COPIES_MIN = 4
"""So many `x=y.x` in one call are a copy, field by field."""

MAPPINGS = {
    "cli/sweep_choice.py SweepIdentity": "from a choice and a plan, as text",
    "engine/estimates.py View": "made at every turn, where a loop over names costs a microsecond",
    "engine/view.py Counters": "from plain objects with slots, two of them under other names",
    "engine/view.py EngineSnapshot": "from eight parts of the engine, 25 of 40 fields renamed",
    "engine/view.py MemberSnapshot": "from an account and its position, plain objects",
    "model/actions.py RecordFill": "from two kinds of fill, whose owner stands in neither",
    "operations/explanations.py ExplanationView": "from two snapshots and a turn, in plain units",
    "operations/preview.py Preview": "of three parts, bps as floats where the pool has decimals",
    "operations/status.py PoolStatusView": "from a runner, a plain object, and its configuration",
    "research/comparing.py CaseRun": "from a log, its result and its series",
    "research/replay.py ReplayLog": "from a run in the making, a plain object",
    "research/sweep_result.py SweepResult": "from an identity and what became of its runs",
    "research/sweep_run.py SweepRun": "from a result, its log and a stretch, under other names",
    "sandbox/book.py OpenOrder": "from an order in the book, a plain object with slots",
    "serving/control.py KilledPool": "from a view, with counts where that has orders",
    "settlement/statement.py StatementLine": "an entry with the opposite signs, and sums beside it",
    "venues/recorded/binance.py PrintedTrade": "an aggregate's wire names for those of a trade",
}
"""Calls that copy some fields because they map: what they make, and why `shared_fields` does not
fit."""


def test_what_is_made_field_by_field_maps_for_a_reason() -> None:
    assert sorted(set(copies()) - MAPPINGS.keys()) == []


def test_what_is_made_is_what_the_fields_are_asked_for() -> None:
    made = [
        (name_of(path), call.lineno, ast.unparse(call.func), ast.unparse(each.value.args[0]))
        for path in source_files()
        for call in nodes(path)
        if isinstance(call, ast.Call)
        for each in call.keywords
        if isinstance(each.value, ast.Call) and ast.unparse(each.value.func) == "shared_fields"
    ]
    assert made
    assert [line for line in made if line[2] != line[3]] == []


def copies() -> Iterator[str]:
    """Where a Struct is made with COPIES_MIN copies or more."""
    for path in source_files():
        for node in nodes(path):
            match node:
                case ast.Call(func=ast.Name(id=kind)) if kind[0].isupper():
                    if _copied(node) >= COPIES_MIN:
                        yield f"{path.relative_to(PACKAGE).as_posix()} {kind}"


def _copied(call: ast.Call) -> int:
    return sum(
        isinstance(each.value, ast.Attribute) and each.value.attr == each.arg
        for each in call.keywords
    )
