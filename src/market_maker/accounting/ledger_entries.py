"""One ledger entry against what caused it and what was held before it."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from market_maker.model.exact import ZERO, exact
from market_maker.model.money import (
    LEDGER_ACCOUNTS,
    EntryKind,
    FundingRecord,
    LedgerEntry,
    SettlementRecord,
)
from market_maker.model.records import FillRecord
from market_maker.model.units import ParticipantId
from market_maker.settlement.average_cost import FLAT, Held
from market_maker.settlement.posting import (
    approval_entry,
    fill_entry,
    funding_entry,
    held_after,
    transfer_entry,
)

Cause = FillRecord | FundingRecord | SettlementRecord | None
Pair = tuple[str, ParticipantId]

FIELDS = tuple(name for name in LedgerEntry.__struct_fields__ if name != "entry_id")

FINDINGS_MAX = 1_000


class Finding(Struct, frozen=True):
    """Something is not as it should be. about: what, in words."""

    about: str
    problem: str


class Findings:
    """The first FINDINGS_MAX, and how many there are."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.count = 0

    def add(self, about: str, problem: str) -> None:
        """One more."""
        self.count += 1
        if self.count <= FINDINGS_MAX:
            self.kept.append(Finding(about, problem))


class Examiner:
    """Takes entries in order, folds what caused them again, and compares.

    One wrong entry shall not make all that follow it wrong: an entry is right if it follows either
    from what was computed, or from what the entry before it says.
    """

    def __init__(self, findings: Findings, after: int) -> None:
        """after: the entry_id in front of the first entry."""
        self._findings, self._seen = findings, after
        self._computed: dict[Pair, Held] = {}
        self._stored: dict[Pair, Held] = {}
        self._opened: dict[Pair, Decimal] = {}
        self.totals = dict.fromkeys(LEDGER_ACCOUNTS, ZERO)

    def knows(self, pair: Pair) -> bool:
        """Whether it is known what is held in front of the pair's next entry."""
        return pair in self._stored

    def begin(self, pair: Pair, entry: LedgerEntry | None) -> None:
        """What is held in front of the pair's first entry that is taken."""
        self._stored[pair] = self._computed[pair] = held_after(entry)

    @property
    def pairs(self) -> list[Pair]:
        """All that were taken."""
        return sorted(pair for pair in self._stored if pair[0])

    def traded(self, pair: Pair) -> Decimal:
        """The position after its last entry, less what was brought in."""
        with exact():
            return self._stored[pair].position - self._opened.get(pair, ZERO)

    def take(self, entry: LedgerEntry, cause: Cause) -> LedgerEntry:
        """The next entry; returns what it should be. cause: None if it is not stored."""
        about = f"entry {entry.entry_id}"
        if entry.entry_id != self._seen + 1:
            self._findings.add(f"entry {self._seen + 1}", _missing(self._seen, entry.entry_id))
        self._seen = entry.entry_id
        if entry.imbalance:
            self._findings.add(about, f"does not balance: its amounts sum to {entry.imbalance}")
        with exact():
            for name in LEDGER_ACCOUNTS:
                self.totals[name] += getattr(entry, name)
        if cause is None and entry.kind is not EntryKind.OPENING:
            self._findings.add(about, f"has no cause: no {_spoken(entry)} is stored")
            right = entry
        else:
            right = self._right(entry, cause)
        for problem in _differences(entry, right):
            self._findings.add(about, problem)
        pair = (entry.symbol, entry.participant_id)
        self._stored[pair], self._computed[pair] = held_after(entry), held_after(right)
        if entry.kind is EntryKind.OPENING:
            with exact():
                self._opened[pair] = self._opened.get(pair, ZERO) + entry.quantity
        return right

    def _right(self, entry: LedgerEntry, cause: Cause) -> LedgerEntry:
        pair = (entry.symbol, entry.participant_id)
        stored, computed = self._stored.get(pair, FLAT), self._computed.get(pair, FLAT)
        right = _expected(entry, cause, computed)
        if right != entry and stored != computed and _expected(entry, cause, stored) == entry:
            return entry
        return right


def _differences(entry: LedgerEntry, right: LedgerEntry) -> Iterator[str]:
    if entry == right:
        return
    for name in FIELDS:
        found, wanted = getattr(entry, name), getattr(right, name)
        if found != wanted:
            yield f"{name} is {found}, {_spoken(entry)} makes it {wanted}"


def _spoken(entry: LedgerEntry) -> str:
    return f"{entry.kind.lower()} {entry.ref!r}"


def _expected(entry: LedgerEntry, cause: Cause, held: Held) -> LedgerEntry:
    return replace(_made(entry, cause, held), entry_id=entry.entry_id)


def _made(entry: LedgerEntry, cause: Cause, held: Held) -> LedgerEntry:
    at = entry.posted_at
    match cause:
        case FillRecord():
            return fill_entry(cause, held, at)
        case FundingRecord():
            return funding_entry(cause, held, at)
        case SettlementRecord() if entry.kind is EntryKind.SETTLEMENT:
            return approval_entry(cause, at)
        case SettlementRecord():
            return transfer_entry(cause, at)
        case None:
            return _opened(entry, held)


def _opened(entry: LedgerEntry, held: Held) -> LedgerEntry:
    """Of an opening its mark is not kept; the rest follows from what is held after it."""
    with exact():
        brought = _inventory(held_after(entry)) - _inventory(held)
        quantity = entry.position - held.position
        amounts = dict.fromkeys(LEDGER_ACCOUNTS, ZERO)
        amounts |= {"inventory": brought, "drawings": -brought, "quantity": quantity}
        return replace(entry, **amounts)


def _inventory(held: Held) -> Decimal:
    return -held.cost if held.position < 0 else held.cost


def _missing(seen: int, found: int) -> str:
    if found <= seen:
        return f"is there twice, or out of order: after entry {seen} comes entry {found}"
    return "is missing" if found == seen + 2 else f"is missing, and so are all up to {found - 1}"
