"""Pools and their members."""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, type_coerce, update

from market_maker.model.errors import ConflictError, InvalidFieldError, NotFoundError
from market_maker.model.participant import Participant
from market_maker.model.pool import IDENTITY, WHOLE_PCT, Member, PoolConfig
from market_maker.model.records import KnownMember, MemberRecord, Page, PoolRecord
from market_maker.model.units import Nanos, ParticipantId
from market_maker.storage.exact_sql import total
from market_maker.storage.paging import NAME, Sorting, read_page
from market_maker.storage.session import AnyRow, StoreSession, fields_of, in_parts, values_of
from market_maker.storage.tables import participants, pool_configs, pool_members
from market_maker.storage.types import Words, table_of

REMEMBERED = 2_048
"""Rows of pools that were read."""

STALE = "it was changed meanwhile: read it again"
TOO_MUCH = "weights that sum to at most 100: Total capital weight would exceed 100%"

_APART = ("members", "version")
"""Fields of a PoolConfig that are no part of its columns or its options."""
_COLUMNS = [name for name in PoolConfig.__struct_fields__ if name in pool_configs.c]
_OPTIONS = type_coerce(pool_configs.c.options, Words).label("options")
_POOLS = select(*(_OPTIONS if each.name == "options" else each for each in pool_configs.c))
_POOL_NAMES = [str(each.name) for each in pool_configs.c]
_BY_SYMBOL = Sorting((pool_configs.c.symbol,), NAME)


class StoredPools:
    """ports.Pools."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def add(self, config: PoolConfig, now: Nanos, version: int = 1) -> PoolRecord:
        values = _pool_values(config, version) | {"created_at": now, "updated_at": now}
        added = await self._session.run(self._session.insert_missing(pool_configs), values)
        if added.rowcount == 0:
            raise ConflictError("symbol", config.symbol, "there is a pool of that symbol")
        return await self._existing(config.symbol)

    async def get(self, symbol: str) -> PoolRecord | None:
        row = await self._session.row(_POOLS.where(pool_configs.c.symbol == symbol))
        return None if row is None else _pool(row)

    async def lock(self, symbol: str) -> PoolRecord:
        # FOR NO KEY UPDATE: rows that refer to the pool may still be added meanwhile.
        query = _POOLS.where(pool_configs.c.symbol == symbol)
        row = await self._session.row(query.with_for_update(key_share=True))
        if row is None:
            raise NotFoundError("pool", symbol)
        return _pool(row)

    async def replace(self, config: PoolConfig, expected_version: int, now: Nanos) -> PoolRecord:
        values = _pool_values(config, expected_version + 1) | {"updated_at": now}
        key = (pool_configs.c.symbol == config.symbol) & (
            pool_configs.c.version == expected_version
        )
        changed = await self._session.run(update(pool_configs).where(key).values(values))
        stored = await self._existing(config.symbol)
        if changed.rowcount == 0:
            raise ConflictError("version", stored.config.version, STALE)
        return stored

    async def remove(self, symbol: str) -> None:
        removed = await self._session.run(
            delete(pool_configs).where(pool_configs.c.symbol == symbol)
        )
        if removed.rowcount == 0:
            raise NotFoundError("pool", symbol)

    async def page(self, limit: int, cursor: str | None = None) -> Page[PoolRecord]:
        asked = (limit, cursor)
        return await read_page(self._session, _POOLS, _BY_SYMBOL, asked, _pool, counted=True)

    async def grow(self, symbol: str, now: Nanos) -> None:
        """Raise the version: a member changed."""
        values = {"version": pool_configs.c.version + 1, "updated_at": now}
        await self._session.run(
            update(pool_configs).where(pool_configs.c.symbol == symbol).values(values)
        )

    async def _existing(self, symbol: str) -> PoolRecord:
        found = await self.get(symbol)
        if found is None:
            raise NotFoundError("pool", symbol)
        return found


class StoredMembers:
    """ports.Members."""

    def __init__(self, session: StoreSession, pools: StoredPools) -> None:
        self._session, self._pools = session, pools

    async def add(self, symbol: str, member: Member, now: Nanos) -> MemberRecord:
        await self._pools.lock(symbol)
        await self._check_participant(member.participant_id)
        before = await self.get(symbol, member.participant_id)
        if before is not None:
            if before.member.active:
                problem = f"it is a member of {symbol} already"
                raise ConflictError("participant_id", member.participant_id, problem)
            return await self.replace(symbol, member, before.version, now)
        await self._check_weights(symbol, member)
        values = _member_values(symbol, member, 1) | {"created_at": now, "updated_at": now}
        await self._session.run(insert(pool_members).values(values))
        await self._pools.grow(symbol, now)
        return await self._existing(symbol, member.participant_id)

    async def get(self, symbol: str, participant_id: ParticipantId) -> MemberRecord | None:
        query = select(pool_members).where(_member_key(symbol, participant_id))
        row = await self._session.row(query)
        return None if row is None else _member(row)

    async def replace(
        self, symbol: str, member: Member, expected_version: int, now: Nanos
    ) -> MemberRecord:
        await self._pools.lock(symbol)
        before = await self._existing(symbol, member.participant_id)
        if before.version != expected_version:
            raise ConflictError("version", before.version, STALE)
        await self._check_weights(symbol, member)
        values = _member_values(symbol, member, expected_version + 1) | {"updated_at": now}
        key = _member_key(symbol, member.participant_id)
        await self._session.run(update(pool_members).where(key).values(values))
        await self._pools.grow(symbol, now)
        return await self._existing(symbol, member.participant_id)

    async def of_pool(self, symbol: str) -> tuple[MemberRecord, ...]:
        query = select(pool_members).where(pool_members.c.symbol == symbol)
        rows = await self._session.rows(query.order_by(pool_members.c.participant_id))
        return tuple(_member(row) for row in rows)

    async def known(self, symbol: str) -> tuple[KnownMember, ...] | None:
        rows = await self._session.rows(_KNOWN.where(pool_configs.c.symbol == symbol))
        if not rows:
            return None
        # A pool without members is a row of its own without any.
        return tuple(_known(row) for row in rows if row[0] is not None)

    async def of_participant(self, participant_id: ParticipantId) -> tuple[MemberRecord, ...]:
        query = select(pool_members).where(pool_members.c.participant_id == participant_id)
        rows = await self._session.rows(query.order_by(pool_members.c.symbol))
        return tuple(_member(row) for row in rows)

    async def of_pools(self, symbols: Collection[str]) -> dict[str, tuple[MemberRecord, ...]]:
        found: defaultdict[str, list[MemberRecord]] = defaultdict(list)
        key = (pool_members.c.symbol, pool_members.c.participant_id)
        for some in in_parts(symbols):
            query = select(pool_members).where(pool_members.c.symbol.in_(some)).order_by(*key)
            for row in await self._session.rows(query):
                found[row.symbol].append(_member(row))
        return {symbol: tuple(found[symbol]) for symbol in symbols}

    async def limits(self, names: Collection[ParticipantId]) -> dict[ParticipantId, Decimal]:
        name, summed = pool_members.c.participant_id, total(pool_members.c.position_limit_usdt)
        found: dict[ParticipantId, Decimal] = {}
        for some in in_parts(names):
            query = select(name, summed).where(name.in_(some), pool_members.c.active)
            rows = await self._session.rows(query.group_by(name))
            found |= {ParticipantId(each): limit for each, limit in rows}
        return found

    async def _existing(self, symbol: str, participant_id: ParticipantId) -> MemberRecord:
        found = await self.get(symbol, participant_id)
        if found is None:
            raise NotFoundError(f"member of {symbol}", participant_id)
        return found

    async def _check_participant(self, participant_id: ParticipantId) -> None:
        key = participants.c.participant_id
        if await self._session.row(select(key).where(key == participant_id)) is None:
            raise NotFoundError("participant", participant_id)

    async def _check_weights(self, symbol: str, member: Member) -> None:
        """The pool is locked: what is read here is what will hold."""
        others = (
            other.member.capital_weight_pct
            for other in await self.of_pool(symbol)
            if other.member.active and other.member.participant_id != member.participant_id
        )
        total = sum(others, member.capital_weight_pct)
        if member.active and total > Decimal(WHOLE_PCT):
            raise InvalidFieldError("capital_weight_pct", str(total), TOO_MUCH)


def _with_whom() -> Any:
    whose = pool_members.c.participant_id == participants.c.participant_id
    every = pool_members.alias("every")
    theirs = (every.c.participant_id == pool_members.c.participant_id) & every.c.active
    limits = select(total(every.c.position_limit_usdt)).where(theirs).scalar_subquery()
    joined = pool_configs.outerjoin(pool_members).outerjoin(participants, whose)
    parts = (*pool_members.c, *participants.c, limits.label("limits"))
    return select(*parts).select_from(joined).order_by(pool_members.c.participant_id)


_KNOWN = _with_whom()


def _known(row: AnyRow) -> KnownMember:
    *values, limits = row
    count = len(_MEMBER_NAMES)
    member = dict(zip(_MEMBER_NAMES, values[:count], strict=True))
    participant = dict(zip(_PARTICIPANT_NAMES, values[count:], strict=True))
    return KnownMember(_member_of(member), msgspec.convert(participant, Participant), limits)


_MEMBER_NAMES = [str(each.name) for each in pool_members.c]
_PARTICIPANT_NAMES = [str(each.name) for each in participants.c]


def _pool_values(config: PoolConfig, version: int) -> dict[str, Any]:
    fields = values_of(config)
    values = {name: fields.pop(name) for name in _COLUMNS if name not in _APART}
    for name in _APART:
        del fields[name]
    # Decimals become strings here, and Decimals again when they are read.
    return values | {"options": msgspec.to_builtins(fields), "version": version}


def _pool(row: AnyRow) -> PoolRecord:
    return _pool_of(tuple(row))


@lru_cache(REMEMBERED)
def _pool_of(row: tuple[Any, ...]) -> PoolRecord:
    """To judge a configuration takes longer than to read it, and nothing is judged but the row."""
    values = dict(zip(_POOL_NAMES, row, strict=True))
    times = {name: values.pop(name) for name in ("created_at", "updated_at")}
    options = table_of(values.pop("options")) or {}
    return PoolRecord(config=msgspec.convert(values | options, PoolConfig), **times)


def _member_key(symbol: str, participant_id: ParticipantId) -> Any:
    return (pool_members.c.symbol == symbol) & (pool_members.c.participant_id == participant_id)


def _member_values(symbol: str, member: Member, version: int) -> dict[str, Any]:
    values = {name: value for name, value in values_of(member).items() if name not in IDENTITY}
    return values | {"symbol": symbol, "version": version}


def _member(row: AnyRow) -> MemberRecord:
    return _member_of(fields_of(row))


def _member_of(values: dict[str, Any]) -> MemberRecord:
    rest = {name: values.pop(name) for name in ("symbol", "version", "created_at", "updated_at")}
    return MemberRecord(member=msgspec.convert(values, Member), **rest)
