"""A random life of a few participants over some months, through the real settlement code, with the
naive books beside it."""

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from msgspec import structs

from market_maker.model.calendar import Month
from market_maker.model.errors import ConflictError
from market_maker.model.money import EntryKind, MoneyFlow, SettlementStatus
from market_maker.model.orders import Side
from market_maker.model.participant import RevenueModel
from market_maker.settlement import lifecycle
from market_maker.settlement.arithmetic import Basis, SharingTerms, settle, settlement_id
from market_maker.settlement.average_cost import FLAT
from market_maker.settlement.period import Membership, clipped, span_to_settle
from market_maker.settlement.posting import (
    fill_entry,
    funding_entry,
    held_after,
)
from tests.builders import payment
from tests.reference.openings import opened_at, opening_entry
from tests.unit.settlement import naive
from tests.unit.settlement.facts import fill
from tests.unit.settlement.sums import sums_over

PEOPLE = ("acme", "beta", "gamma")
GRIDS = {
    "BTC": (Decimal("0.1"), Decimal("0.001")),
    "ALT": (Decimal("0.000001"), Decimal(10)),
    "ODD": (Decimal("0.25"), Decimal("0.3")),
}


class World:
    """entries: the ledger. records: every record ever made, by id, as it is now. first: as it was
    when it was approved."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.months = [Month(2026, 1)]
        while len(self.months) < self.random.randint(3, 9):
            self.months.append(self.months[-1].next)
        self.entries, self.books = [], naive.NaiveBooks()
        self.held, self.naive_held = {}, {}
        self.records, self.expected, self.approved = {}, {}, {}
        self.runs = {}
        self.terms = {whose: self._terms() for whose in PEOPLE}
        self.members = {whose: self._memberships() for whose in PEOPLE}
        self.trades = 0

    def _terms(self):
        share = self.random.choice(("0", "100", "20", "33.333333", "0.01", "50"))
        return SharingTerms(
            revenue_model=self.random.choice(list(RevenueModel)),
            platform_share_pct=Decimal(share),
            money_flow=self.random.choice(list(MoneyFlow)),
        )

    def _memberships(self):
        """Joins, leaves and joins again, some of them within one month."""
        spans, ts = [], self.months[0].start
        for _ in range(self.random.randint(1, 4)):
            joined = ts + self.random.randrange(40 * 86_400) * 10**9
            left = joined + self.random.randrange(1, 90 * 86_400) * 10**9
            spans.append(Membership(joined, left))
            ts = left
        return (*spans[:-1], Membership(spans[-1].joined_at, None))

    def run(self):
        for month in self.months:
            for _ in range(self.random.randint(0, 40)):
                self._event(month)
            if self.random.random() < 0.75:
                self._close_all(month)
            self._people_decide()
        self.months.append(self.months[-1].next)
        self._close_all(self.months[-1])

    # events

    def _event(self, month):
        """Mostly of this month; sometimes of one long past, or of the first of the next."""
        whose, symbol = self.random.choice(PEOPLE), self.random.choice(list(GRIDS))
        of = month if self.random.random() < 0.85 else self.random.choice(self.months)
        ts = self.random.choice((of.start, of.end - 1, self.random.randrange(of.start, of.end)))
        key = (whose, symbol)
        held = self.held.get(key, FLAT)
        beside = self.naive_held.setdefault(key, naive.NaivePosition())
        kind = self.random.random()
        if kind < 0.8:
            entry, net = self._fill(key, ts, held, beside)
        elif kind < 0.97:
            entry, net = self._funding(key, ts, held)
        else:
            entry, net = self._opening(key, ts, held, beside)
        entry = structs.replace(entry, entry_id=len(self.entries) + 1)
        assert not entry.imbalance
        self.entries.append(entry)
        self.held[key] = held_after(entry)
        if entry.kind is not EntryKind.OPENING:
            event = naive.NaiveEvent(entry.entry_id, whose, symbol, ts, net)
            self.books.events.append(event)

    def _fill(self, key, ts, held, beside):
        tick, lot = GRIDS[key[1]]
        side, self.trades = self.random.choice(list(Side)), self.trades + 1
        price, size = self.random.randint(900, 1100), self.random.randint(1, 30)
        fee = self.random.randint(-(10**10), 2 * 10**10)
        row = fill(
            symbol=key[1],
            participant_id=key[0],
            trade_id=self.trades,
            side=side,
            price=price,
            size=size,
            fee=fee,
            tick_size=tick,
            lot_size=lot,
            ts_event=ts,
        )
        unit = Fraction(tick) * Fraction(lot) / naive.UNIT_SCALE
        profit = beside.fill(side.sign, price * Fraction(tick), size * Fraction(lot), unit)
        return fill_entry(row, held, ts), profit - fee * unit

    def _funding(self, key, ts, held):
        self.trades += 1
        amount = Decimal(self.random.randint(-(10**9), 10**9)) / 10**7
        paid = payment(
            symbol=key[1],
            participant_id=key[0],
            ts_event=ts,
            price=Decimal(1),
            position=held.position,
            amount=amount,
            recorded_at=ts,
        )
        return funding_entry(paid, held, ts), Fraction(amount)

    def _opening(self, key, ts, held, beside):
        tick, lot = GRIDS[key[1]]
        position, mark = self.random.randint(-50, 50) * lot, self.random.randint(900, 1100) * tick
        beside.open_at(Fraction(position), Fraction(mark))
        return opening_entry((key[1], key[0]), ts, opened_at(position, mark), held), Fraction(0)

    # closing

    def _close_all(self, last):
        """Every month up to `last`, in order; a crash may leave some people to the next time."""
        for month in self.months[: self.months.index(last) + 1]:
            self.runs.setdefault(month.name, len(self.entries))
            for whose in PEOPLE:
                if month is not last or last is self.months[-1] or self.random.random() < 0.9:
                    self.close(month, whose)

    def standing(self, whose):
        return [
            record
            for record in self.records.values()
            if record.participant_id == whose and record.status is not SettlementStatus.REJECTED
        ]

    def close(self, month, whose, revision=1):
        """The monthly job's part, or a revision that was asked for. There is no record of
        an empty month outside of all pools, nor a second one of the same revision."""
        standing = self.standing(whose)
        name = settlement_id(month, revision, whose)
        if name in self.records:
            return
        watermark = self.runs[month.name] if revision == 1 else len(self.entries)
        try:
            span = span_to_settle(whose, month, watermark, standing)
        except ConflictError:
            assert any(record.month >= month.name for record in standing)
            return
        period = clipped(month, self.members[whose])
        sums = sums_over(self.entries, span)
        if period is None and not sums:
            return
        basis = Basis(
            month=month,
            revision=revision,
            period=period or (month.start, month.end),
            span=span,
            sums=sums,
            previous=max(standing, key=lambda record: record.month, default=None),
            terms=self.terms[whose],
            unrealised_end=None,
            created_by="scheduler",
            created_at=month.end,
        )
        record = settle(basis)
        assert record == settle(basis)
        self._expect(record, max([watermark, *(r.watermark for r in standing)]))
        self.records[name] = record

    def _expect(self, record, watermark):
        month = next(each for each in self.months if each.name == record.month)
        before = [r for r in self.standing(record.participant_id) if r.month < record.month]
        carry = max(before, key=lambda r: r.month).settlement_id if before else None
        carry_in = self.expected[carry][-1] if carry else Fraction(0)
        name, whose = record.settlement_id, record.participant_id
        taken = self.books.take(name, whose, month.end, watermark)
        terms = self.terms[whose]
        keep_all = terms.revenue_model is RevenueModel.KEEP_ALL
        share = Fraction(terms.platform_share_pct)
        self.expected[name] = (taken, *naive.settle(taken, carry_in, share, keep_all=keep_all))

    # people

    def _people_decide(self):
        for record in list(self.records.values()):
            if record.status is SettlementStatus.PENDING:
                self._decide(record)

    def _decide(self, record):
        standing = self.standing(record.participant_id)
        choice = self.random.random()
        if choice < 0.5:
            earlier = [r for r in standing if r.month < record.month]
            waits = any(r.status is SettlementStatus.PENDING for r in earlier)
            done = _unless(waits, lifecycle.approve, record, standing, "jane", 1)
            if done is not None:
                self.records[record.settlement_id] = done
                self.approved[record.settlement_id] = done
        elif choice < 0.8:
            later = any(r.month > record.month for r in standing)
            done = _unless(later, lifecycle.reject, record, standing, "jane", 1, reason="odd")
            if done is not None:
                self.records[record.settlement_id] = done
                self.books.give_back(record.settlement_id)
                if self.random.random() < 0.5:
                    month = next(m for m in self.months if m.name == record.month)
                    self.close(month, record.participant_id, record.revision + 1)


def _unless(refused, command, *args, **kwargs):
    """What the command returns; None where it has to be refused, and is."""
    if not refused:
        return command(*args, **kwargs)
    with pytest.raises(ConflictError, match="month"):
        command(*args, **kwargs)
    return None
