"""Sums over ledger entries as a store makes them, in the plainest way."""

from decimal import Decimal

from market_maker.model.money import EntryKind
from market_maker.model.records import LedgerSum


def belongs(entry, span):
    """Whether a FILL or FUNDING entry of the participant lies in the span."""
    covered = entry.ts_event < span.covered_ts and entry.entry_id <= span.covered_entry
    inside = entry.ts_event < span.before and entry.entry_id <= span.upto_entry
    return inside and not covered


def sums_over(entries, span):
    """Of the span's fills and funding payments, by symbol, the late ones apart."""
    groups = {}
    for entry in entries:
        mine = entry.participant_id == span.participant_id
        if mine and entry.kind in {EntryKind.FILL, EntryKind.FUNDING} and belongs(entry, span):
            late = entry.ts_event < span.late_before
            groups.setdefault((entry.symbol, late), []).append(entry)
    return tuple(_sum(*key, groups[key]) for key in sorted(groups))


def _sum(symbol, late, entries):
    fills = [entry for entry in entries if entry.kind is EntryKind.FILL]
    return LedgerSum(
        symbol=symbol,
        late=late,
        entries=len(entries),
        trades=len(fills),
        realised=-sum(entry.realised for entry in entries),
        fees=sum((entry.fees for entry in entries if entry.fees > 0), Decimal(0)),
        rebates=-sum((entry.fees for entry in entries if entry.fees < 0), Decimal(0)),
        funding=-sum(entry.funding for entry in entries),
        volume=sum((abs(entry.cash + entry.fees) for entry in fills), Decimal(0)),
    )
