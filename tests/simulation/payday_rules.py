"""What has to hold in a counting house at every quiet moment, whatever happened before.

Nothing here uses the code under test but to read rows: money is added up again from what the venue
and the wallet did.
"""

from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import asdict

from market_maker.accounting.ledger_check import check_ledger
from market_maker.model.calendar import month_named
from market_maker.model.money import EntryKind, SettlementStatus, TransferStatus
from market_maker.model.records import LedgerCriteria, SettlementCriteria
from market_maker.model.units import VALUE_SCALE
from market_maker.performance.rollup import DELAY
from tests.simulation.payday import DAY, NAMES

FOREVER = 2**62
STANDS = [status for status in SettlementStatus if status is not SettlementStatus.REJECTED]
SIGNED = [SettlementStatus.APPROVED, SettlementStatus.SETTLED, SettlementStatus.FAILED]
MOVES = (
    "status",
    "approved_by",
    "approved_at",
    "rejected_by",
    "rejection_reason",
    "claimed_by",
    "paid_by",
    "wallet_txn_id",
    "notes",
    "version",
    "updated_at",
)


class Rules:
    """Checked again and again, so that it sees what changed."""

    def __init__(self, house):
        self._house = house
        self._frozen, self._signed = {}, {}

    async def hold(self):
        verdict = await check_ledger(self._house.calm, None, lambda *_: None)
        assert verdict.findings == (), verdict.findings[:5]
        await self._read()
        self._each_entry_in_one_record()
        self._nothing_is_lost_or_made()
        self._records_stay_as_they_were()
        self._losses_are_handed_on()
        self._the_wallet_moved_what_is_settled()
        self._the_ledger_has_what_was_signed()
        self._days_follow_from_snapshots()

    async def _read(self):
        async with self._house.calm.reading() as unit:
            self.entries = [e async for e in _all(unit.ledger.page, LedgerCriteria())]
            self.records = [r async for r in _all(unit.settlements.page, SettlementCriteria())]
            self.transfers = [
                each
                for record in self.records
                for each in await unit.transfers.of_settlement(record.settlement_id)
            ]
            months = sorted({record.month for record in self.records})
            self.runs = [await unit.settlements.run(month) for month in months]
            self.days = await unit.performance.daily_all(0, FOREVER)
            self.hours = await unit.performance.presence(None, None, 0, FOREVER)
        self.standing = {
            name: sorted(
                (r for r in self.records if r.participant_id == name and r.status in STANDS),
                key=lambda record: record.month,
            )
            for name in NAMES
        }

    def _home(self, entry):
        """The first standing record whose month ends after it and whose watermark covers it."""
        for record in self.standing[entry.participant_id]:
            inside = entry.ts_event < month_named(record.month).end
            if inside and entry.entry_id <= record.watermark:
                return record
        return None

    def _each_entry_in_one_record(self):
        own, net, late = Counter(), defaultdict(Decimal), Counter()
        self.homeless = defaultdict(Decimal)
        for entry in self.entries:
            if entry.kind not in {EntryKind.FILL, EntryKind.FUNDING}:
                continue
            home = self._home(entry)
            earned = -(entry.realised + entry.fees + entry.funding)
            if home is None:
                self.homeless[entry.participant_id] += earned
                self._may_be_homeless(entry)
                continue
            own[home.settlement_id] += 1
            net[home.settlement_id] += earned
            late[home.settlement_id] += entry.ts_event < month_named(home.month).start
        for record in (each for name in NAMES for each in self.standing[name]):
            name = record.settlement_id
            assert record.entries == own[name], (record, own[name])
            assert record.late_entries == late[name], (record, late[name])
            assert record.gross_exact_usdt == net[name], (record, net[name])

    def _may_be_homeless(self, entry):
        """Of a month that is not closed, posted since, or of a record that was rejected."""
        for run in self.runs:
            if entry.ts_event < month_named(run.month).end and entry.entry_id <= run.watermark:
                rejected = [
                    record
                    for record in self.records
                    if record.participant_id == entry.participant_id
                    and record.status is SettlementStatus.REJECTED
                    and record.month >= run.month
                ]
                assert rejected, (run, entry)

    def _nothing_is_lost_or_made(self):
        """Cash of all fills and payments, and what is held at cost, is all that was ever earned."""
        for name in NAMES:
            cash = sum(
                (_cash(f) for f in self._house.fills if f.participant_id == name), Fraction()
            )
            cash += sum(
                Fraction(p.amount) for p in self._house.payments if p.participant_id == name
            )
            last = {e.symbol: e for e in self.entries if e.participant_id == name and e.symbol}
            held = sum((e.cost if e.position > 0 else -e.cost for e in last.values()), Decimal(0))
            settled = sum((r.gross_exact_usdt for r in self.standing[name]), Decimal(0))
            assert cash + Fraction(held) == Fraction(settled + self.homeless[name]), name

    def _records_stay_as_they_were(self):
        known = {record.settlement_id: record for record in self.records}
        assert known.keys() >= self._frozen.keys()
        for name, record in known.items():
            fields = {k: v for k, v in asdict(record).items() if k not in MOVES}
            assert self._frozen.setdefault(name, fields) == fields
            if record.status in SIGNED:
                signed = (record.approved_by, record.approved_at)
                assert self._signed.setdefault(name, signed) == signed
                assert record.approved_by not in {record.created_by, record.paid_by, ""}
            else:
                assert name not in self._signed, record
        names = [(r.participant_id, r.month, r.revision) for r in self.records]
        assert len(set(names)) == len(names)

    def _losses_are_handed_on(self):
        for name in NAMES:
            carried, covered = Decimal(0), (0, 0)
            for record in self.standing[name]:
                assert record.carry_in_usdt == carried, record
                assert (record.covered_ts, record.covered_entry) == covered, record
                gross = record.gross_pnl_usdt
                assert abs(gross - record.gross_exact_usdt) <= Decimal("0.005")
                assert record.platform_amount_usdt + record.net_payout_usdt == max(0, gross)
                carried = record.carry_out_usdt
                assert carried == max(0, record.carry_in_usdt - gross), record
                covered = (month_named(record.month).end, record.watermark)

    def _the_wallet_moved_what_is_settled(self):
        moved = self._house.wallet.moved
        assert len({each.transfer_id for each in moved}) == len(moved)
        assert len({each.settlement_id for each in moved}) == len(moved), "paid twice"
        assert all(each.status is not TransferStatus.REQUESTED for each in self.transfers)
        known = {each.transfer_id: each for each in self.transfers}
        for each in moved:
            assert known[each.transfer_id].status is TransferStatus.DONE, each
        by_wallet = [r for r in self.records if r.wallet_txn_id.startswith("w-")]
        assert all(record.status is SettlementStatus.SETTLED for record in by_wallet)
        wanted = {(r.settlement_id, r.amount_usdt, r.wallet_txn_id) for r in by_wallet}
        assert wanted == {(m.settlement_id, m.amount_usdt, m.wallet_txn_id) for m in moved}

    def _the_ledger_has_what_was_signed(self):
        due = sum((e.platform_due for e in self.entries), Decimal(0))
        paid = sum((e.drawings for e in self.entries), Decimal(0))
        owed = [r for r in self.records if r.status in SIGNED]
        settled = [r for r in owed if r.status is SettlementStatus.SETTLED]
        open_ = sum((r.platform_amount_usdt for r in owed if r not in settled), Decimal(0))
        assert due == -open_
        ours = [r.net_payout_usdt for r in settled if r.money_flow == "SYSTEM_CAPITAL"]
        assert paid == sum(ours, Decimal(0))

    def _days_follow_from_snapshots(self):
        rolled = {(day.day, day.symbol, day.participant_id) for day in self.days}
        # Until DELAY after midnight the day before is not over.
        over = (self._house.clock.now() - DELAY) // DAY * DAY
        for hour in self.hours:
            day = hour.hour // DAY * DAY
            assert day >= over or (day, hour.symbol, hour.participant_id) in rolled, hour
        seen = sum(hour.eligible for hour in self.hours)
        took = len(self._house.answers)
        assert took - self._house.lost_looks <= seen <= took, (seen, took, self._house.lost_looks)
        for day in self.days:
            hours = [
                hour
                for hour in self.hours
                if (hour.symbol, hour.participant_id) == (day.symbol, day.participant_id)
                and hour.hour - hour.hour % DAY == day.day
            ]
            assert day.eligible == sum(hour.eligible for hour in hours), day
            assert day.valid == sum(hour.valid for hour in hours), day
            assert (day.q_score is None) == (not day.eligible)
            if day.valid:
                assert abs(float(day.q_score) - _score(day)) <= 0.0051, day


def _score(day):
    """The published formula, in floating point."""
    uptime = day.valid / day.eligible
    span = float(day.spread_max_bps - day.spread_min_bps)
    spread = max(0.0, min(1.0, float(day.spread_max_bps - day.avg_spread_bps) / span)) ** 2
    depth = min(1.0, float(day.avg_depth_usdt / day.depth_target_usdt)) ** 0.5
    volume = min(1.0, float(day.volume_usdt / day.volume_target_usdt)) ** 0.5
    return 100 * uptime**3 * (0.5 * spread + 0.3 * depth + 0.2 * volume)


def _cash(fill):
    unit = Fraction(fill.tick_size) * Fraction(fill.lot_size)
    return (-fill.side.sign * fill.price * fill.size - Fraction(fill.fee, VALUE_SCALE)) * unit


async def _all(page_of, criteria):
    cursor = None
    while True:
        page = await page_of(criteria, 1_000, cursor)
        for item in page.items:
            yield item
        cursor = page.next_cursor
        if cursor is None:
            return
