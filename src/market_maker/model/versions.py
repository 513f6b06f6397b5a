"""Optimistic versions: which version of a record a change may replace."""

from market_maker.model.errors import ConflictError


def checked_version(current: int, expected: int | None) -> int:
    """The version to replace: the one that is named, or else what stood when the call began.
    Raises ConflictError if the named one is not that."""
    if expected is not None and expected != current:
        raise ConflictError("version", current, "it was changed meanwhile: read it again")
    return current
