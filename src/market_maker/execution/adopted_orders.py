"""Orders of ours that the database does not know although the venue filled them: it was brought
back from a backup that is older. Their names say whose they are; they are put on record anew, as
far as their fills show them."""

import re
from collections import defaultdict
from collections.abc import Sequence

from market_maker.execution.pool_runner import PoolRunner
from market_maker.model.client_order_id import PARTICIPANT_LENGTH
from market_maker.model.listings import ListedFill
from market_maker.model.records import OrderRecord, OrderStatus
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Lots, OrderId, ParticipantId
from market_maker.ports import Store, Unit

REASON = "found at the venue, not on record here"
NOT_ON_RECORD = (
    "filled orders of ours were not on record: this database is older than what was traded; compare"
    " positions; stops, limits and suspensions since are not known"
)
_NAME = re.compile(
    r"mm-(?P<who>.{1,8})-(?P<symbol>.+)-(?P<level>[0-9]{1,3})-(?P<side>BUY|SELL)-[0-9]{1,19}"
)


async def adopt(
    store: Store,
    runner: PoolRunner,
    known: Sequence[OrderRecord],
    fills: Sequence[ListedFill],
) -> tuple[OrderRecord, ...]:
    """Put the orders of fills that are of none `known` on record, those that are ours by name and
    account; returns them. Raises StoreUnavailableError."""
    by_name: defaultdict[str, list[ListedFill]] = defaultdict(list)
    names = {row.client_order_id for row in known}
    for fill in fills:
        if fill.client_order_id not in names:
            by_name[fill.client_order_id].append(fill)
    if not by_name:
        return ()
    async with store.transaction() as unit:
        made = [await _record(unit, runner, own) for own in by_name.values()]
        records = tuple(record for record in made if record is not None)
        await unit.orders.add(records)
    return records


async def _record(
    unit: Unit, runner: PoolRunner, fills: Sequence[ListedFill]
) -> OrderRecord | None:
    """None where the name is not one that this program would have made for the account."""
    first, instrument = fills[0], runner.instrument
    named = _NAME.fullmatch(first.client_order_id)
    if named is None or named["symbol"] != instrument.symbol or named["side"] != first.side:
        return None
    whose = await _owner(unit, first.account_id, named["who"])
    if whose is None or not first.venue_order_id.isdecimal():
        return None
    size = Lots(sum(fill.size for fill in fills))
    return OrderRecord(
        **shared_fields(OrderRecord, instrument),
        **shared_fields(OrderRecord, first, but=("size",)),
        # Engines count their own from 1 on; the venue's numbers are no two orders' either.
        order_id=OrderId(-int(first.venue_order_id)),
        participant_id=whose,
        level=int(named["level"]),
        size=size,
        filled=size,
        reduce_only=False,
        status=OrderStatus.FILLED,
        reason=REASON,
        config_version=runner.config.version,
        created_at=min(fill.ts_event for fill in fills),
        updated_at=max(fill.ts_event for fill in fills),
    )


async def _owner(unit: Unit, account_id: str, beginning: str) -> ParticipantId | None:
    for each in await unit.participants.of_account(account_id):
        if each.participant_id[:PARTICIPANT_LENGTH] == beginning:
            return each.participant_id
    return None
