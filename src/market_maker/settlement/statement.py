"""A participant's statement of one month: every entry, and each step from them to the amount.

The content is here; the layout is in statement_html and statement_csv. Nothing is computed
that the record does not hold: the entries are added up again while they are written, and a
statement that does not add up to the record's figures is not finished.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from market_maker.model.calendar import moment_text, month_named
from market_maker.model.errors import InvalidDataError
from market_maker.model.exact import ZERO, exact, plain
from market_maker.model.money import Direction, EntryKind, LedgerEntry, SettlementRecord
from market_maker.model.orders import Side
from market_maker.model.participant import RevenueModel
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Nanos
from market_maker.settlement.arithmetic import Components, wrong_amounts


class Statement(Struct, frozen=True, kw_only=True):
    """What a statement is about: a record, and whose it is in words. not_counted: token fees that
    are in none of its amounts, empty where there are none."""

    record: SettlementRecord
    display_name: str
    account_id: str
    not_counted: str = ""


class StatementLine(Struct, frozen=True, kw_only=True):
    """One entry as it is shown. side, quantity, price, value: of a fill, None otherwise; value:
    quote currency, > 0. realised, funding, net: > 0 is income; fee: > 0 is a cost. total: of all
    nets so far. position: in this symbol after the entry."""

    ts_event: Nanos
    kind: EntryKind
    late: bool
    symbol: str
    side: Side | None
    quantity: Decimal | None
    price: Decimal | None
    value: Decimal | None
    realised: Decimal
    fee: Decimal
    funding: Decimal
    net: Decimal
    total: Decimal
    position: Decimal
    ref: str


class SymbolTotal(Struct):
    """Sums over one symbol's entries, late ones included; signs as in SettlementRecord."""

    entries: int = 0
    trades: int = 0
    volume: Decimal = ZERO
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    rebates: Decimal = ZERO
    funding: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """realised - fees + rebates + funding."""
        with exact():
            return self.realised - self.fees + self.rebates + self.funding


class StatementTotals:
    """Adds the entries of a statement up while they pass. total: of all nets so far."""

    def __init__(self, record: SettlementRecord) -> None:
        self._record = record
        self._month_start = month_named(record.month).start
        self._late_entries = 0
        self._now, self._late = SymbolTotal(), SymbolTotal()
        self.symbols: dict[str, SymbolTotal] = {}
        self.total = ZERO

    def line(self, entry: LedgerEntry) -> StatementLine:
        """The next entry, in the order in which it is to be shown."""
        late = entry.ts_event < self._month_start
        symbol = self.symbols.setdefault(entry.symbol, SymbolTotal())
        with exact():
            value = abs(entry.cash + entry.fees) if entry.kind is EntryKind.FILL else ZERO
            for total in (symbol, self._late if late else self._now):
                _add(total, entry, value)
            net = ZERO - entry.realised - entry.fees - entry.funding
            self.total += net
            return _line(entry, value, late=late, net=net, total=self.total)

    def components(self) -> Components:
        """The sum of what passed so far."""
        now, late = self._now, self._late
        with exact():
            return Components(
                **shared_fields(Components, now, but=("entries", "trades", "volume")),
                entries=now.entries + late.entries,
                late_entries=late.entries,
                trades=now.trades + late.trades,
                adjustments=late.net,
                volume=now.volume + late.volume,
            )

    def check(self) -> None:
        """Raise InvalidDataError unless what passed adds up to the record."""
        record, passed = self._record, self.components()
        said = Components(
            **shared_fields(Components, record),
            realised=record.realised_usdt,
            fees=record.fees_usdt,
            rebates=record.rebates_usdt,
            funding=record.funding_usdt,
            adjustments=record.adjustments_usdt,
            volume=record.volume_usdt,
        )
        for field in said.__struct_fields__:
            one, other = getattr(passed, field), getattr(said, field)
            if one != other:
                problem = f"its entries add up to {field} {one}, the record says {other}"
                raise InvalidDataError(record.settlement_id, problem)
        for field, amount in wrong_amounts(record).items():
            problem = f"{field} is to be {amount}, the record says {getattr(record, field)}"
            raise InvalidDataError(record.settlement_id, problem)


def _add(total: SymbolTotal, entry: LedgerEntry, value: Decimal) -> None:
    total.entries += 1
    total.trades += entry.kind is EntryKind.FILL
    total.volume += value
    total.realised -= entry.realised
    total.funding -= entry.funding
    if entry.fees >= 0:
        total.fees += entry.fees
    else:
        total.rebates -= entry.fees


def _line(
    entry: LedgerEntry, value: Decimal, *, late: bool, net: Decimal, total: Decimal
) -> StatementLine:
    filled = entry.kind is EntryKind.FILL
    quantity = abs(entry.quantity)
    return StatementLine(
        ts_event=entry.ts_event,
        kind=entry.kind,
        late=late,
        symbol=entry.symbol,
        side=(Side.BUY if entry.quantity > 0 else Side.SELL) if filled else None,
        quantity=quantity if filled else None,
        price=value / quantity if filled else None,
        value=value if filled else None,
        realised=ZERO - entry.realised,
        fee=entry.fees,
        funding=ZERO - entry.funding,
        net=net,
        total=total,
        position=entry.position,
        ref=entry.ref,
    )


def facts(statement: Statement) -> tuple[tuple[str, str], ...]:
    """What stands at the top of a statement."""
    record = statement.record
    approved = "" if record.approved_at is None else moment_text(record.approved_at)
    open_profit = record.unrealised_end_usdt
    lacking = (("Fees that no amount has", statement.not_counted),)
    return (
        ("Settlement", record.settlement_id),
        ("Participant", statement.display_name),
        ("Participant id", record.participant_id),
        ("Account", statement.account_id),
        ("Month", record.month),
        ("Revision", str(record.revision)),
        ("Period start", moment_text(record.period_start)),
        ("Period end, excluded", moment_text(record.period_end)),
        ("Status", record.status),
        ("Revenue model", record.revenue_model),
        ("Platform share, per cent", plain(record.platform_share_pct)),
        ("Money flow", record.money_flow),
        ("Currency", "USDT"),
        ("Ledger read up to entry", str(record.watermark)),
        (
            "Open profit at the end, USDT",
            "not known" if open_profit is None else plain(open_profit),
        ),
        ("Created by", record.created_by),
        ("Created at", moment_text(record.created_at)),
        ("Approved by", record.approved_by),
        ("Approved at", approved),
        ("Rejected by", record.rejected_by),
        ("Reason of the rejection", record.rejection_reason),
        ("Paid by", record.paid_by),
        ("Wallet transaction", record.wallet_txn_id),
        *(lacking if statement.not_counted else ()),
    )


class Step(Struct, frozen=True):
    """One step of the arithmetic: what it is called, how it came about, what it comes to: to the
    last digit, or in cents."""

    name: str
    rule: str
    amount: Decimal
    in_cents: bool = True


def steps(record: SettlementRecord) -> tuple[Step, ...]:
    """From the components to the amount, in USDT; the last one is what is to be transferred."""
    return (*_gross_steps(record), *_share_steps(record), _last_step(record))


def _gross_steps(record: SettlementRecord) -> tuple[Step, ...]:
    late = record.late_entries
    of_late = f"net of {late} {'entry' if late == 1 else 'entries'} of earlier months"
    closed = "of closed positions, by average cost"
    amounts = (
        ("Realised profit", closed, record.realised_usdt),
        ("Fees", "paid, taken off", ZERO - record.fees_usdt),
        ("Rebates", "received", record.rebates_usdt),
        ("Funding", "received, less paid", record.funding_usdt),
        ("Adjustments", of_late, record.adjustments_usdt),
        ("Gross, exact", "sum of the five lines above", record.gross_exact_usdt),
    )
    steps_to_gross = tuple(Step(*amount, in_cents=False) for amount in amounts)
    gross = Step("Gross", "rounded to cents, halves to even", record.gross_pnl_usdt)
    return (*steps_to_gross, gross)


def _share_steps(record: SettlementRecord) -> tuple[Step, ...]:
    if record.revenue_model is RevenueModel.KEEP_ALL:
        rule = "KEEP_ALL: the participant keeps everything"
    else:
        share = plain(record.platform_share_pct)
        rule = f"{share} % of the base, rounded to cents, halves to even"
    return (
        Step("Losses carried in", "from earlier months", record.carry_in_usdt),
        Step("Base", "gross less losses carried in, at least 0", record.base_usdt),
        Step("Platform share", rule, record.platform_amount_usdt),
        Step("Net payout", "gross, at least 0, less platform share", record.net_payout_usdt),
        Step(
            "Losses carried out", "losses carried in less gross, at least 0", record.carry_out_usdt
        ),
    )


def _last_step(record: SettlementRecord) -> Step:
    return Step("Amount", DIRECTIONS[record.direction], record.amount_usdt)


DIRECTIONS: dict[Direction, str] = {
    Direction.PARTICIPANT_TO_PLATFORM: (
        "profits lie with the participant: the participant pays the platform share"
    ),
    Direction.PLATFORM_TO_PARTICIPANT: (
        "profits lie with the platform: the platform pays the net payout"
    ),
    Direction.NONE: "nothing is to be transferred",
}


class Writer(Protocol):
    """Writes one statement, in this order: head once, rows as often as there are pages of
    entries, tail once. Every piece is text to be sent on at once."""

    def head(self) -> Iterator[str]:
        """Whose statement it is."""

    def rows(self, entries: Iterable[LedgerEntry]) -> Iterator[str]:
        """The next entries, by entry_id."""

    def tail(self) -> Iterator[str]:
        """The arithmetic, ending in the amount. Raises InvalidDataError, before anything is
        written, if the entries do not add up to the record's figures."""
