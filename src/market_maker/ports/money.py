"""Who earned what: the ledger, what attribution and scores are made from, settlements, the wallet.

Sums by hour and by day are those of UTC. Money is Decimal in quote currency.
"""

from collections.abc import Sequence
from typing import Protocol

from market_maker.model.money import (
    ActivityRecord,
    DailyPerformance,
    EntryKind,
    FillMarks,
    FundingRecord,
    LedgerEntry,
    MarkRecord,
    Obligations,
    PresenceRecord,
    SettlementRecord,
    SettlementRun,
    SettlementStatus,
    Transfer,
)
from market_maker.model.records import (
    ActivityCriteria,
    ActivitySum,
    DayKey,
    FillRecord,
    LedgerCriteria,
    LedgerHolding,
    LedgerSpan,
    LedgerSum,
    Page,
    SettlementCriteria,
    TokenFee,
)
from market_maker.model.units import Nanos, ParticipantId


class Ledger(Protocol):
    """Balanced entries, appended and read, nothing else."""

    async def post(self, entries: Sequence[LedgerEntry]) -> tuple[LedgerEntry, ...]:
        """Append, numbered without a gap in this order; what is there already by (kind, ref) is
        passed over. Returns the new ones with their entry_id. An entry that does not balance, or
        whose participant is not stored, is a mistake of ours. Holds back other postings until the
        transaction ends: take it before the audit log's lock."""

    async def newest(self) -> LedgerEntry | None:
        """The entry posted last, None at the very start; no one else posts before the transaction
        ends, so that the caller can go on from it."""

    async def head(self) -> int:
        """The entry_id of the newest entry, 0 at the very start: a watermark, as nothing is posted
        at or below it ever again. Blocks no other transaction."""

    async def posted(self, kind: EntryKind, refs: Sequence[str]) -> frozenset[str]:
        """Which of these causes have an entry."""

    async def caused(self, kind: EntryKind, refs: Sequence[str]) -> tuple[LedgerEntry, ...]:
        """The entries of these causes, those that exist, in any order."""

    async def bounds(self, since: Nanos, until: Nanos) -> tuple[int, int] | None:
        """The least and the greatest entry_id with since <= ts_event < until, None if there is
        none; blocks no other transaction."""

    async def latest(
        self, symbol: str, participant_id: ParticipantId, before_entry: int | None = None
    ) -> LedgerEntry | None:
        """The last entry of one participant in one symbol, or the last one with an entry_id below
        `before_entry`: its position and cost are in force then."""

    async def page(
        self, criteria: LedgerCriteria, limit: int, cursor: str | None = None
    ) -> Page[LedgerEntry]:
        """By entry_id, oldest first."""

    async def spanned(
        self, span: LedgerSpan, limit: int, cursor: str | None = None
    ) -> Page[LedgerEntry]:
        """The entries that belong to one settlement record, by entry_id, oldest first."""

    async def sums(self, span: LedgerSpan) -> tuple[LedgerSum, ...]:
        """The same entries added up, by symbol, the late ones apart; those without are left
        out. Takes time in proportion to the span's entries, not to the ledger's."""

    async def token_fees(self, span: LedgerSpan) -> tuple[TokenFee, ...]:
        """Sums of the token fees of the fills whose entries these are, by token."""

    async def holdings(
        self, ts: Nanos, upto_entry: int, participant_id: ParticipantId | None = None
    ) -> tuple[LedgerHolding, ...]:
        """Positions at `ts` as entries up to `upto_entry` know it: of one participant or of all,
        those who are flat left out, by participant and symbol."""


class Funding(Protocol):
    """Funding payments."""

    async def add(self, records: Sequence[FundingRecord]) -> tuple[FundingRecord, ...]:
        """Store each once, known by (symbol, participant_id, ts_event); returns the new ones."""

    async def page(
        self, criteria: ActivityCriteria, limit: int, cursor: str | None = None
    ) -> Page[FundingRecord]:
        """By ts_event, newest first; since <= ts_event < until."""


class Marks(Protocol):
    """What symbols were worth."""

    async def put(self, marks: Sequence[MarkRecord]) -> None:
        """Store each once, known by (symbol, ts); the first one stays."""

    async def at(self, symbol: str, ts: Nanos, within_ns: Nanos) -> MarkRecord | None:
        """The last mark with ts - within_ns <= its time <= ts, or None."""

    async def page(
        self, criteria: ActivityCriteria, limit: int, cursor: str | None = None
    ) -> Page[MarkRecord]:
        """By ts, newest first; since <= ts < until."""


class FillMarking(Protocol):
    """Mids after fills."""

    async def put(self, marks: Sequence[FillMarks]) -> tuple[FillMarks, ...]:
        """Store each once, known by its fill; returns those that were new. Raises NotFoundError
        if a fill is not stored."""

    async def waiting(self, since: Nanos, until: Nanos, limit: int) -> tuple[FillRecord, ...]:
        """Fills with since <= ts_event < until that have none yet, oldest first."""

    async def of(self, fills: Sequence[FillRecord]) -> tuple[FillMarks, ...]:
        """Those that exist, in the order of the fills."""

    async def numbered(self, after: int, upto: int) -> tuple[FillMarks, ...]:
        """Those of the fills with after < number <= upto, in no order."""


class Activity(Protocol):
    """Sums over fills by hour and by everything they are attributed to."""

    async def add(self, records: Sequence[ActivityRecord]) -> None:
        """Add each to what is stored under the same hour and attributes."""

    async def hours(self, criteria: ActivityCriteria, by: Sequence[str]) -> tuple[ActivitySum, ...]:
        """Sums grouped by the named fields of ActivityRecord (symbol, participant_id, hour, side,
        level, config_version; none: one row), in their order; groups without fills are left out.
        Raises InvalidFieldError for another name."""


class Performance(Protocol):
    """Presence by hour, and what it came to by day."""

    async def add_presence(self, records: Sequence[PresenceRecord]) -> None:
        """Add counts and sums to what is stored under the same hour; the newest terms stay."""

    async def presence(
        self,
        symbol: str | None,
        participant_id: ParticipantId | None,
        since: Nanos,
        until: Nanos,
    ) -> tuple[PresenceRecord, ...]:
        """since <= hour < until, by hour, symbol, participant; None: all of them."""

    async def unrolled(self, before_day: Nanos, since_day: Nanos) -> tuple[DayKey, ...]:
        """Days since_day <= day < before_day with presence or fills that have no DailyPerformance,
        in order. Takes time in proportion to the days asked for."""

    async def put_daily(self, records: Sequence[DailyPerformance]) -> int:
        """Store each once, known by its day, symbol and participant; the first one stays. Returns
        how many were new."""

    async def daily(
        self, criteria: ActivityCriteria, limit: int, cursor: str | None = None
    ) -> Page[DailyPerformance]:
        """By day, newest first; since <= day < until."""

    async def daily_all(self, since: Nanos, until: Nanos) -> tuple[DailyPerformance, ...]:
        """since <= day < until, by day, symbol, participant."""


class Promises(Protocol):
    """What participants promised."""

    async def get(self, participant_id: ParticipantId) -> Obligations | None:
        """None: nothing was ever promised."""

    async def replace(
        self, obligations: Obligations, expected_version: int, now: Nanos
    ) -> Obligations:
        """Put these in place of version `expected_version`, 0 where there are none; the version
        grows by one. Raises NotFoundError (participant), ConflictError("version")."""


class Settlements(Protocol):
    """Records of who is owed what for a month. Amounts never change once a record is stored."""

    async def open_run(self, run: SettlementRun) -> SettlementRun:
        """The run that closes the month: this one, or the one that was there first. Another process
        that opens the same month waits for the end of the transaction."""

    async def run(self, month: str) -> SettlementRun | None:
        """The run that closed the month, or None."""

    async def add(self, record: SettlementRecord) -> bool:
        """Store a record; False: (participant_id, month, revision) has one already, and it
        stays."""

    async def get(self, settlement_id: str) -> SettlementRecord | None:
        """The record, or None."""

    async def lock(self, settlement_id: str) -> SettlementRecord:
        """The same, and no one else can lock or replace it until the transaction ends. Raises
        NotFoundError."""

    async def replace(self, record: SettlementRecord, expected_version: int) -> SettlementRecord:
        """Put status, who did what, wallet_txn_id, notes and updated_at in place of version
        `expected_version`; the version grows by one. A changed amount is a mistake of ours, which
        the database refuses. Raises NotFoundError, ConflictError("version")."""

    async def page(
        self, criteria: SettlementCriteria, limit: int, cursor: str | None = None
    ) -> Page[SettlementRecord]:
        """Newest month first, then by participant and revision, backwards."""

    async def standing(self, participant_id: ParticipantId) -> tuple[SettlementRecord, ...]:
        """The records that were not rejected, oldest month first."""

    async def revisions(self, participant_id: ParticipantId, month: str) -> int:
        """How many records, rejected ones included, the participant's month has."""

    async def counts(self) -> dict[SettlementStatus, int]:
        """Records by status; a status without is 0."""


class Transfers(Protocol):
    """Attempts to move the amount of a settlement."""

    async def add(self, transfer: Transfer) -> None:
        """Raises ConflictError if the transfer_id is used, NotFoundError if the settlement is not
        stored."""

    async def get(self, transfer_id: str) -> Transfer | None:
        """The transfer, or None."""

    async def replace(self, transfer: Transfer) -> None:
        """Put status, wallet_txn_id, problem and updated_at in place; the rest cannot change.
        Raises NotFoundError."""

    async def of_settlement(self, settlement_id: str) -> tuple[Transfer, ...]:
        """By attempt."""

    async def open(self) -> tuple[Transfer, ...]:
        """All that are REQUESTED or UNKNOWN, oldest first."""


class Wallet(Protocol):
    """Where money moves. Both questions raise WalletUnavailableError when they are not answered,
    and that proves nothing."""

    async def transfer(self, wanted: Transfer) -> Transfer:
        """Move the amount, once per transfer_id however often it is asked: DONE with the
        wallet_txn_id, or REFUSED with the problem."""

    async def find(self, transfer_id: str) -> Transfer | None:
        """What became of it, as above; None: the wallet never took it, and will not unless asked
        again."""
