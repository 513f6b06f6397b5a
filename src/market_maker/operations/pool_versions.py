"""Versions of a pool's configuration, with their differences."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from market_maker.journaling.audit import restored
from market_maker.model.loosening import loosened_limits
from market_maker.model.pool import PoolConfig
from market_maker.model.records import AuditRecord
from market_maker.model.units import Nanos

VERSION_ACTIONS = ("pool.create", "pool.replace")
NOT_COMPARED = ("symbol", "version", "members")


class FieldChange(Struct, frozen=True, kw_only=True):
    """One field: as it was and as it became, as text; before: null in the first version. loosens:
    whether a limit holds less."""

    field: str
    before: str | None
    after: str
    loosens: bool


class PoolVersion(Struct, frozen=True, kw_only=True):
    """A version of a configuration. by: who made it. Numbers may be left out between two: members
    that come and go count as versions too."""

    version: int
    at: Nanos
    by: str
    changed: tuple[FieldChange, ...]


class PoolVersionInFull(Struct, frozen=True, kw_only=True):
    """One version with everything in it."""

    version: PoolVersion
    config: PoolConfig


def version_of(record: AuditRecord) -> PoolVersionInFull:
    """That a record of VERSION_ACTIONS made."""
    after = restored(record.after, PoolConfig)
    before = restored(record.before, PoolConfig) if record.before else None
    version = PoolVersion(
        version=after.version,
        at=record.ts,
        by=record.subject,
        changed=tuple(_changes(before, after)),
    )
    return PoolVersionInFull(version=version, config=after)


def changes_shown(before: PoolConfig, after: PoolConfig) -> str:
    """What `after` changes, on one line."""
    return ", ".join(
        f"{each.field}: {each.before} → {each.after}" for each in _changes(before, after)
    )


def _changes(before: PoolConfig | None, after: PoolConfig) -> Iterator[FieldChange]:
    loosened = () if before is None else loosened_limits(before, after)
    for name in after.__struct_fields__:
        now = getattr(after, name)
        then = None if before is None else getattr(before, name)
        if name not in NOT_COMPARED and now != then:
            yield FieldChange(
                field=name,
                before=None if before is None else _text(then),
                after=_text(now),
                loosens=name in loosened,
            )


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {each}" for name, each in sorted(value.items()))
    return str(value).lower() if isinstance(value, bool) else str(value)
