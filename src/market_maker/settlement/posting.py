"""From what happened to a balanced ledger entry. Nothing here numbers or stores an entry.

In quote currency, debits > 0: a fill moves cash against inventory at cost, what is left over is
realised, and fees leave cash; funding enters cash as income; an approved settlement is an expense
(platform_share) that is owed (platform_due) until the transfer.
"""

from decimal import Decimal

from market_maker.model.exact import ZERO, exact, signed
from market_maker.model.money import (
    EntryKind,
    FundingRecord,
    LedgerEntry,
    MoneyFlow,
    SettlementRecord,
)
from market_maker.model.records import FillRecord
from market_maker.model.units import VALUE_SCALE, Nanos, ParticipantId
from market_maker.settlement.average_cost import FLAT, Held, traded


def held_after(entry: LedgerEntry | None) -> Held:
    """What a participant holds in a symbol after its latest entry there; None: no entry yet."""
    return FLAT if entry is None else Held(entry.position, entry.cost)


def fill_ref(fill: FillRecord) -> str:
    """The cause of a FILL entry: the four names that know a fill."""
    return _ref(fill.symbol, fill.account_id, str(fill.trade_id), fill.client_order_id)


def funding_ref(funding: FundingRecord) -> str:
    """The cause of a FUNDING entry: one participant, symbol and moment."""
    return _ref(funding.symbol, funding.participant_id, str(funding.ts_event))


def fill_entry(fill: FillRecord, held: Held, posted_at: Nanos) -> LedgerEntry:
    """The entry of a fill by one who holds `held` of its symbol."""
    with exact():
        price, size = fill.price * fill.tick_size, fill.size * fill.lot_size
        unit = fill.tick_size * fill.lot_size / VALUE_SCALE
        fee = fill.fee * unit
        sign = fill.side.sign
        after, realised = traded(held, sign, price, size, unit)
        return _entry(
            EntryKind.FILL,
            fill_ref(fill),
            (fill.symbol, fill.participant_id),
            (fill.ts_event, posted_at),
            cash=signed(-sign, price * size) - fee,
            inventory=_inventory(after) - _inventory(held),
            realised=ZERO - realised,
            fees=fee + ZERO,
            quantity=signed(sign, size),
            position=after.position,
            cost=after.cost,
        )


def funding_entry(funding: FundingRecord, held: Held, posted_at: Nanos) -> LedgerEntry:
    """The entry of a funding payment; what is held does not change."""
    with exact():
        return _entry(
            EntryKind.FUNDING,
            funding_ref(funding),
            (funding.symbol, funding.participant_id),
            (funding.ts_event, posted_at),
            cash=funding.amount + ZERO,
            funding=ZERO - funding.amount,
            position=held.position,
            cost=held.cost,
        )


def approval_entry(record: SettlementRecord, posted_at: Nanos) -> LedgerEntry:
    """The platform's share of an approved settlement becomes an expense that is owed."""
    share = record.platform_amount_usdt
    with exact():
        return _entry(
            EntryKind.SETTLEMENT,
            record.settlement_id,
            ("", record.participant_id),
            (posted_at, posted_at),
            platform_share=share + ZERO,
            platform_due=ZERO - share,
        )


def transfer_entry(record: SettlementRecord, posted_at: Nanos) -> LedgerEntry:
    """A settlement was settled: the platform has its share, and with system capital the
    participant its payout."""
    share = record.platform_amount_usdt
    ours = record.money_flow is MoneyFlow.SYSTEM_CAPITAL
    payout = record.net_payout_usdt if ours else ZERO
    with exact():
        return _entry(
            EntryKind.TRANSFER,
            record.settlement_id,
            ("", record.participant_id),
            (posted_at, posted_at),
            cash=ZERO - payout - share,
            platform_due=share + ZERO,
            drawings=payout + ZERO,
        )


def _inventory(held: Held) -> Decimal:
    """At cost: an asset of a long, an obligation of a short."""
    return signed(-1 if held.position < 0 else 1, held.cost)


def _ref(*names: str) -> str:
    """One text for several names; no two lists of names have the same."""
    return "|".join(name.replace("%", "%25").replace("|", "%7C") for name in names)


def _entry(
    kind: EntryKind,
    ref: str,
    whose: tuple[str, ParticipantId],
    times: tuple[Nanos, Nanos],
    **amounts: Decimal,
) -> LedgerEntry:
    columns = {
        "cash": ZERO,
        "inventory": ZERO,
        "realised": ZERO,
        "funding": ZERO,
        "fees": ZERO,
        "platform_share": ZERO,
        "platform_due": ZERO,
        "drawings": ZERO,
        "quantity": ZERO,
        "position": ZERO,
        "cost": ZERO,
    }
    columns.update(amounts)
    entry = LedgerEntry(
        entry_id=0,
        kind=kind,
        ref=ref,
        symbol=whose[0],
        participant_id=whose[1],
        ts_event=times[0],
        posted_at=times[1],
        **columns,
    )
    assert not entry.imbalance, entry
    return entry
