"""What the database has that is new, for streams: fills, and records of the audit log."""

import asyncio
from contextlib import suppress

from msgspec.structs import replace

from market_maker.api.live_notices import Notices
from market_maker.api.masking import masked
from market_maker.api.wire import encode
from market_maker.journaling.audit import newest_seq
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.records import NumberedFill
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.operations.order_records import fill_view
from market_maker.operations.record_views import FillView
from market_maker.ports import Store, Unit

READ_INTERVAL = NANOS_PER_SECOND
READ_WITHIN_S = 1.0
AWAY = 60 * NANOS_PER_SECOND
"""Without readers for so long: what happened meanwhile is not sent one by one."""

FILLS_AT_ONCE = 500
LATE_FILLS = 100
"""Numbers are given before the commit: so many before the newest one are read again."""


class RecordWatch:
    """Asks at most once a second, and only while there are readers."""

    def __init__(self, store: Store, notices: Notices) -> None:
        self._store, self._notices = store, notices
        self._read_at: Nanos | None = None
        self._has_begun = False
        self._fills: set[int] = set()
        self._newest_fill = self._audit = 0

    async def read_new(self, now: Nanos) -> None:
        """Note what is new. A database that does not answer is asked again later."""
        before = self._read_at
        if before is not None and now - before < READ_INTERVAL:
            return
        if before is None or now - before > AWAY:
            self._has_begun = False
        self._read_at = now
        with suppress(StoreUnavailableError, TimeoutError):
            async with asyncio.timeout(READ_WITHIN_S), self._store.reading() as unit:
                if not self._has_begun:
                    await self._begin(unit)
                    self._has_begun = True
                    return
                await self._new_fills(unit)
                await self._new_audit(unit)

    async def _begin(self, unit: Unit) -> None:
        newest = await unit.fills.newest()
        self._newest_fill = 0 if newest is None else newest.number
        self._audit = await newest_seq(unit)
        self._fills = {each.number for each in await self._late(unit)}
        if self._notices.last:
            self._notices.forget()

    async def _late(self, unit: Unit) -> tuple[NumberedFill, ...]:
        return await unit.fills.stored(max(0, self._newest_fill - LATE_FILLS), FILLS_AT_ONCE)

    async def _new_fills(self, unit: Unit) -> None:
        found = await self._late(unit)
        for each in found:
            if each.number not in self._fills:
                seen = fill_view(each.fill)
                shown = replace(seen, account_id=masked(seen.account_id))
                self._notices.add("fill", encode(FillView, shown), only=seen.symbol)
        if found:
            self._newest_fill = found[-1].number
        oldest = self._newest_fill - LATE_FILLS
        self._fills = {each.number for each in found if each.number > oldest}

    async def _new_audit(self, unit: Unit) -> None:
        newest = await newest_seq(unit)
        if newest != self._audit:
            self._audit = newest
            self._notices.add("audit", {"seq": newest})
