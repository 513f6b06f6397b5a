"""The ledger entry of a position that a participant brings into a symbol. A ledger may hold such
entries, and the check of the ledger reads them; no command of the product writes one."""

from decimal import Decimal

from market_maker.model.exact import ZERO, exact, signed
from market_maker.model.money import LEDGER_ACCOUNTS, EntryKind, LedgerEntry
from market_maker.model.units import Nanos, ParticipantId
from market_maker.settlement.average_cost import Held


def opened_at(position: Decimal, mark: Decimal) -> Held:
    """A position that begins at a mark: its average cost is the mark."""
    with exact():
        return Held(position, abs(position) * mark)


def unrealised(held: Held, mark: Decimal) -> Decimal:
    """Open profit at a mark."""
    with exact():
        return held.position * mark - at_cost(held)


def at_cost(held: Held) -> Decimal:
    """An asset of a long, an obligation of a short."""
    return signed(-1 if held.position < 0 else 1, held.cost)


def opening_entry(
    whose: tuple[str, ParticipantId], ts: Nanos, brought: Held, held: Held
) -> LedgerEntry:
    """whose: symbol and participant. The position counts from its mark on: what it won or lost
    before is not the pool's. brought: what is held from now on, held: until now."""
    with exact():
        change = at_cost(brought) - at_cost(held)
        quantity = brought.position - held.position
    amounts = dict.fromkeys(LEDGER_ACCOUNTS, ZERO)
    amounts |= {"inventory": change, "drawings": ZERO - change}
    symbol, participant_id = whose
    return LedgerEntry(
        entry_id=0,
        kind=EntryKind.OPENING,
        ref=f"{symbol}|{participant_id}|{ts}",
        symbol=symbol,
        participant_id=participant_id,
        ts_event=ts,
        posted_at=ts,
        quantity=quantity,
        position=brought.position,
        cost=brought.cost,
        **amounts,
    )
