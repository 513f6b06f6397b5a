"""Who earned what, as it is kept: ledger, attribution, presence, scores, settlements, transfers.

Money is Decimal in quote currency. Times are nanoseconds since the epoch; an hour, a day and a
month begin at their UTC start and end where the next begins.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from msgspec import Struct

from market_maker.model.exact import exact
from market_maker.model.fields import number, positive
from market_maker.model.orders import Side
from market_maker.model.participant import RevenueModel
from market_maker.model.units import Nanos, ParticipantId


class EntryKind(StrEnum):
    """What moved money: an execution, a funding payment, an approved settlement, a transfer.
    OPENING moves none: a position that a participant brings in when it joins, or is left with
    when it joins again, is valued at the mark of that moment against drawings."""

    FILL = "FILL"
    FUNDING = "FUNDING"
    SETTLEMENT = "SETTLEMENT"
    TRANSFER = "TRANSFER"
    OPENING = "OPENING"


LEDGER_ACCOUNTS = (
    "cash",
    "inventory",
    "realised",
    "funding",
    "fees",
    "platform_share",
    "platform_due",
    "drawings",
)
"""The accounts of a ledger entry, which sum to 0."""


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """One balanced entry of one participant. Each amount is an account: debits > 0, credits < 0,
    and they sum to 0 exactly. Assets: cash, inventory (at cost). Income: realised and funding
    (a profit is < 0). Expenses: fees (a rebate is < 0), platform_share. Liability: platform_due.
    Equity: drawings (what was paid out).

    entry_id: 1, 2, 3, ... in order of posting, 0 before that. ref: the cause, unique per kind.
    symbol: empty where the entry is about no symbol. quantity: change of the position, base
    currency; position and cost: of this participant in this symbol after the entry (cost >= 0).
    """

    entry_id: int
    kind: EntryKind
    ref: str
    symbol: str
    participant_id: ParticipantId
    ts_event: Nanos
    posted_at: Nanos
    cash: Decimal
    inventory: Decimal
    realised: Decimal
    funding: Decimal
    fees: Decimal
    platform_share: Decimal
    platform_due: Decimal
    drawings: Decimal
    quantity: Decimal
    position: Decimal
    cost: Decimal

    @property
    def imbalance(self) -> Decimal:
        """0, or the entry is wrong."""
        with exact():
            assets = self.cash + self.inventory
            costs = self.fees + self.platform_share
            owed = self.platform_due + self.drawings
            return assets + self.realised + self.funding + costs + owed


class FundingRecord(Struct, frozen=True, kw_only=True):
    """Funding of one participant in one symbol, once per moment. rate: fraction of notional,
    longs pay when > 0. position: base currency. amount: > 0 was received."""

    symbol: str
    participant_id: ParticipantId
    ts_event: Nanos
    rate: Decimal
    price: Decimal
    position: Decimal
    amount: Decimal
    recorded_at: Nanos


class MarkRecord(Struct, frozen=True, kw_only=True):
    """What a symbol was worth at a moment: the mid, quote currency."""

    symbol: str
    ts: Nanos
    price: Decimal


class FillMarks(Struct, frozen=True, kw_only=True):
    """Mids after a fill, quote currency; None where none was seen within a second of the moment.
    The four names know the fill."""

    symbol: str
    account_id: str
    trade_id: int
    client_order_id: str
    after_1s: Decimal | None
    after_5s: Decimal | None
    after_30s: Decimal | None
    after_60s: Decimal | None


class ActivityRecord(Struct, frozen=True, kw_only=True):
    """Sums over the fills of one hour, by everything they are attributed to. volumes: base and
    quote currency. edge: what fills gained against the mid at that moment. adverse: what the mid
    took back within `marked` fills' 60 seconds, > 0 is a loss. priced: fills with a known mid.
    realised > 0 is a profit, fees > 0 a cost."""

    symbol: str
    participant_id: ParticipantId
    hour: Nanos
    side: Side
    level: int
    config_version: int
    fills: int
    priced: int
    marked: int
    volume_base: Decimal
    volume_quote: Decimal
    fees: Decimal
    realised: Decimal
    edge: Decimal
    adverse: Decimal


class PresenceRecord(Struct, frozen=True, kw_only=True):
    """Snapshots of one member within one hour: how many were eligible and how many valid, and
    sums over the valid ones: spread in bps, depth in USDT (math 5.2). The last four are the
    terms in force at the last eligible snapshot."""

    symbol: str
    participant_id: ParticipantId
    hour: Nanos
    eligible: int
    valid: int
    spread_sum_bps: Decimal
    depth_sum_usdt: Decimal
    spread_min_bps: Decimal
    spread_max_bps: Decimal
    depth_target_usdt: Decimal
    volume_target_usdt: Decimal


class DailyPerformance(Struct, frozen=True, kw_only=True):
    """One member, one symbol, one UTC day, with everything that the score is computed from, so
    that it can be computed again. uptime: valid / eligible, None when nothing was eligible:
    the score is undefined then. q_score: 0..100. volume_target_usdt: for one day."""

    symbol: str
    participant_id: ParticipantId
    day: Nanos
    eligible: int
    valid: int
    uptime: Decimal | None
    avg_spread_bps: Decimal | None
    avg_depth_usdt: Decimal | None
    volume_usdt: Decimal
    trades: int
    realised_usdt: Decimal
    fees_usdt: Decimal
    spread_min_bps: Decimal
    spread_max_bps: Decimal
    depth_target_usdt: Decimal
    volume_target_usdt: Decimal
    spread_part: Decimal | None
    depth_part: Decimal | None
    volume_part: Decimal | None
    q_score: Decimal | None
    rolled_up_at: Nanos


class Promise(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is promised for every symbol that the participant quotes; what is left out is not
    promised any more."""

    uptime_min_pct: Annotated[
        Decimal | None, number("0", "100", "per cent of eligible snapshots", "Least uptime.")
    ] = None
    spread_max_bps: Annotated[Decimal | None, positive("5000", "bps", "Widest average spread.")] = (
        None
    )
    depth_min_usdt: Annotated[
        Decimal | None, number("0", "100000000000", "USDT", "Least average depth.")
    ] = None


class Obligations(Promise, frozen=True, kw_only=True):
    """What a participant promised for every symbol it quotes: uptime in per cent of eligible
    snapshots, widest average spread, least average depth; null: nothing promised."""

    participant_id: ParticipantId
    version: int
    updated_at: Nanos


class SettlementStatus(StrEnum):
    """PENDING waits for approval. APPROVED waits for the transfer; SETTLED, REJECTED are final;
    FAILED: the transfer was refused and may be tried again."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    SETTLED = "SETTLED"
    FAILED = "FAILED"


class MoneyFlow(StrEnum):
    """Where trading profits lie. OWN_ACCOUNTS: with the participant, who owes the platform its
    share. SYSTEM_CAPITAL: with the platform, which owes the participant the net payout."""

    OWN_ACCOUNTS = "OWN_ACCOUNTS"
    SYSTEM_CAPITAL = "SYSTEM_CAPITAL"


class Direction(StrEnum):
    """Who pays whom."""

    PARTICIPANT_TO_PLATFORM = "PARTICIPANT_TO_PLATFORM"
    PLATFORM_TO_PARTICIPANT = "PLATFORM_TO_PARTICIPANT"
    NONE = "NONE"


class SettlementRun(Struct, frozen=True, kw_only=True):
    """One month is closed: records of it take the ledger up to `watermark` (an entry_id) into
    account. There is one per month."""

    month: str
    watermark: int
    created_by: str
    created_at: Nanos


class SettlementRecord(Struct, frozen=True, kw_only=True):
    """The result of one participant's month; amounts are frozen when it is created.

    settlement_id: stl-<month>-<revision>-<participant_id>. month: YYYY-MM. revision: 1, more only
    after a rejection. period: [period_start, period_end), the month clipped to joining and
    leaving. watermark: of the ledger; covered_ts, covered_entry: month end and watermark of the
    record before it, whose entries are not in this one; 0, 0 where there is none. Components are
    exact: realised (> 0 profit), fees (>= 0 cost), rebates (>= 0), funding (> 0 received),
    adjustments (net of entries of earlier months that came late); realised - fees + rebates +
    funding + adjustments is gross_exact, and gross_pnl_usdt is that in cents. carry_in,
    carry_out: losses, >= 0. platform_amount + net_payout = max(0, gross). amount: what is to be
    transferred in `direction`. unrealised_end: open profit at period_end, None where a mark is
    missing.
    Who did what: subjects of the tokens; claimed_by: the documented field of the body.
    """

    settlement_id: str
    participant_id: ParticipantId
    month: str
    revision: int
    status: SettlementStatus
    period_start: Nanos
    period_end: Nanos
    watermark: int
    covered_ts: Nanos
    covered_entry: int
    entries: int
    late_entries: int
    realised_usdt: Decimal
    fees_usdt: Decimal
    rebates_usdt: Decimal
    funding_usdt: Decimal
    adjustments_usdt: Decimal
    gross_exact_usdt: Decimal
    gross_pnl_usdt: Decimal
    unrealised_end_usdt: Decimal | None
    volume_usdt: Decimal
    trades: int
    revenue_model: RevenueModel
    platform_share_pct: Decimal
    carry_in_usdt: Decimal
    base_usdt: Decimal
    platform_amount_usdt: Decimal
    net_payout_usdt: Decimal
    carry_out_usdt: Decimal
    money_flow: MoneyFlow
    direction: Direction
    amount_usdt: Decimal
    created_by: str
    created_at: Nanos
    approved_by: str
    approved_at: Nanos | None
    rejected_by: str
    rejection_reason: str
    claimed_by: str
    paid_by: str
    wallet_txn_id: str
    notes: str
    version: int
    updated_at: Nanos


class TransferStatus(StrEnum):
    """UNKNOWN: asked, and not answered; only the wallet's answer ends that."""

    REQUESTED = "REQUESTED"
    UNKNOWN = "UNKNOWN"
    DONE = "DONE"
    REFUSED = "REFUSED"


class Transfer(Struct, frozen=True, kw_only=True):
    """One attempt to move a settlement's amount. transfer_id: <settlement_id>-<attempt>, the key
    under which the wallet does it once. payer, payee: account ids, or "platform"."""

    transfer_id: str
    settlement_id: str
    attempt: int
    payer: str
    payee: str
    amount_usdt: Decimal
    status: TransferStatus
    wallet_txn_id: str
    problem: str
    requested_by: str
    created_at: Nanos
    updated_at: Nanos
