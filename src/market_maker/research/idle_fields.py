"""Swept fields that changed nothing: runs that differ in one of them alone did the same.

Such a field ranks nothing: a strategy does not use it, or a clamp hides it, and the best of its
values is the best by accident.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

Did: TypeAlias = Mapping[Hashable, str]
"""What a configuration did on each of its runs: the hash of its actions and fills."""

IdleFields: TypeAlias = dict[str, tuple[str, ...]]
"""By strategy; those of which every field changed something are left out."""


class SweptRuns(Struct, frozen=True):
    """A configuration. point: its value of each of the fields, in their order."""

    strategy: str
    point: tuple[Hashable, ...]
    did: Did


def idle_fields(fields: Sequence[str], runs: Sequence[SweptRuns]) -> IdleFields:
    """Of each strategy the fields of which any two values made the same run, wherever all others
    were equal. A field of which no two values were run so is not judged."""
    by_strategy: dict[str, list[SweptRuns]] = defaultdict(list)
    for run in runs:
        by_strategy[run.strategy].append(run)
    found = {
        strategy: tuple(field for place, field in enumerate(fields) if _is_idle(place, mine))
        for strategy, mine in by_strategy.items()
    }
    return {strategy: idle for strategy, idle in found.items() if idle}


def _is_idle(place: int, runs: Sequence[SweptRuns]) -> bool:
    """Whether the field at `place` changed nothing."""
    alike: dict[tuple[Hashable, ...], list[Did]] = defaultdict(list)
    for run in runs:
        alike[run.point[:place] + run.point[place + 1 :]].append(run.did)
    compared = False
    for group in alike.values():
        met: dict[Hashable, str] = {}
        for did in group:
            for where, hashed in did.items():
                if where in met:
                    compared = True
                    if met[where] != hashed:
                        return False
                met[where] = hashed
    return compared


def idle_words(idle: IdleFields) -> list[str]:
    """A sentence for each strategy."""
    return [
        f"{strategy}: {', '.join(fields)} changed nothing: all values made the same run, action by "
        "action. It is not used there, or something else decides."
        for strategy, fields in idle.items()
    ]
