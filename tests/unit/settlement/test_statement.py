import csv
import io
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from msgspec import structs

from market_maker.model.errors import InvalidDataError
from market_maker.model.money import Direction, MoneyFlow
from market_maker.model.orders import Side
from market_maker.model.participant import RevenueModel
from market_maker.settlement.arithmetic import settle
from market_maker.settlement.average_cost import FLAT
from market_maker.settlement.posting import fill_entry, funding_entry, held_after
from market_maker.settlement.statement import Statement, facts, steps
from market_maker.settlement.statement_csv import COLUMNS, CsvStatement
from market_maker.settlement.statement_html import HtmlStatement
from tests.unit.settlement.facts import (
    FUNDING,
    OCTOBER,
    SPAN,
    basis,
    fill,
    record,
    sums,
    terms,
)
from tests.unit.settlement.sums import sums_over

FILLS = (
    fill(trade_id=1, ts_event=OCTOBER.start - 1, fee=10**12),
    fill(trade_id=2, side=Side.SELL, price=1_000_500, ts_event=OCTOBER.start + 7, fee=-(10**11)),
    fill(trade_id=3, symbol="ETHUSDT-PERP", price=40_000, ts_event=OCTOBER.end - 1, fee=3),
)


def written(writer, entries):
    """A whole statement."""
    yield from writer.head()
    yield from writer.rows(entries)
    yield from writer.tail()


def entries():
    held, made = {}, []
    for row in FILLS:
        made.append(fill_entry(row, held.get(row.symbol, FLAT), 0))
        held[row.symbol] = held_after(made[-1])
    made.insert(2, funding_entry(FUNDING, held["BTCUSDT-PERP"], 0))
    return [structs.replace(entry, entry_id=number) for number, entry in enumerate(made, 1)]


def statement(rows=None, name="Acme Trading Desk", **changes):
    rows = entries() if rows is None else rows
    made = settle(basis(sums=sums_over(rows, SPAN), **changes))
    return Statement(record=made, display_name=name, account_id="acc-1")


def csv_rows(of, rows):
    text = "".join(written(CsvStatement(of), rows))
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_csv_statement_has_every_entry_and_ends_in_the_amount():
    of = statement()
    rows = csv_rows(of, entries())
    assert [row["line"] for row in rows if row["line"] != "fact"][:4] == [
        *("late entry", "entry", "entry", "entry")
    ]
    last = rows[-1]
    assert (last["line"], last["time_or_name"]) == ("step", "Amount")
    assert Decimal(last["total_usdt"]) == of.record.amount_usdt
    fills = [row for row in rows if row["text"] == "FILL"]
    assert [row["reference"].split("|")[2] for row in fills] == ["1", "2", "3"]
    assert [Decimal(row["price"]) for row in fills] == [100_000, 100_050, 4_000]
    assert [row["side"] for row in fills] == ["BUY", "SELL", "BUY"]
    for row in fills:
        assert Decimal(row["price"]) * Decimal(row["quantity"]) == Decimal(row["value_usdt"])


def test_the_nets_of_a_csv_statement_add_up_to_the_gross():
    of = statement()
    rows = csv_rows(of, entries())
    shown = [row for row in rows if row["line"] in {"entry", "late entry"}]
    assert sum(Decimal(row["net_usdt"]) for row in shown) == of.record.gross_exact_usdt
    assert Decimal(shown[-1]["total_usdt"]) == of.record.gross_exact_usdt
    by_symbol = [Decimal(row["net_usdt"]) for row in rows if row["line"] == "symbol"]
    assert sum(by_symbol) == of.record.gross_exact_usdt
    for row in shown:
        parts = [Decimal(row[name]) for name in ("realised_usdt", "fee_usdt", "funding_usdt")]
        assert parts[0] - parts[1] + parts[2] == Decimal(row["net_usdt"])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_no_text_of_others_is_a_formula_in_a_spreadsheet(text):
    bad = [structs.replace(entry, symbol=text, ref=text) for entry in entries()[2:3]]
    of = statement(bad, name=text, created_by=text)
    of = structs.replace(of, account_id=text)
    for row in csv_rows(of, bad):
        for cell in row.values():
            number = cell.lstrip("-").replace(".", "", 1).isdecimal()
            assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))


def test_commas_quotes_and_line_ends_stay_within_their_cell():
    name = 'Acme, "the" desk\r\nentry,1,2'
    rows = csv_rows(statement(name=name), entries())
    assert [row["text"] for row in rows if row["time_or_name"] == "Participant"] == [name]
    assert all(None not in row and None not in row.values() for row in rows)
    text = "".join(written(CsvStatement(statement(name=name)), entries()))
    assert text.startswith(",".join(COLUMNS) + "\r\n")


class Reader(HTMLParser):
    """Tables as texts, and whether every tag is closed where it should be."""

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in {"td", "th"}:
            self.rows[-1][-1] += data


def read(of, rows):
    reader = Reader()
    reader.feed("".join(written(HtmlStatement(of), rows)))
    reader.close()
    assert reader.open == []
    return reader


def test_an_html_statement_has_every_entry_and_ends_in_the_amount():
    of = statement()
    page = read(of, entries())
    assert page.rows[-1][0] == "Amount"
    assert Decimal(page.rows[-1][2].replace(",", "")) == of.record.amount_usdt
    shown = [row for row in page.rows if len(row) == 13][1:]
    assert [row[1] for row in shown] == ["BUY, late", "SELL", "Funding", "BUY"]
    total = shown[-1][10].replace("−", "-")
    assert Decimal(total) == of.record.gross_exact_usdt


def test_an_html_statement_loads_nothing_and_runs_nothing():
    page = read(statement(), entries())
    names = [tag for tag, _ in page.tags]
    assert not [tag for tag in names if tag in {"script", "link", "img", "iframe", "a", "object"}]
    assert not [attrs for _, attrs in page.tags if {"src", "href", "onclick"} & attrs.keys()]
    text = "".join(written(HtmlStatement(statement()), entries()))
    assert "url(" not in text
    assert "http" not in text


def test_no_text_of_others_is_markup():
    evil = "</title></style><script>alert('1')</script>\"&amp;<td>"
    bad = [structs.replace(entry, symbol=evil, ref=evil) for entry in entries()]
    of = structs.replace(statement(bad, name=evil, created_by=evil), account_id=evil)
    page = read(of, bad)
    assert "script" not in [tag for tag, _ in page.tags]
    assert [row[2] for row in page.rows if len(row) == 13][1:] == [evil] * 4


def test_a_statement_whose_entries_do_not_come_to_the_record_is_not_finished():
    for rows in (entries()[:-1], [*entries(), entries()[-1]], entries()[1:]):
        for writer in (CsvStatement(statement()), HtmlStatement(statement())):
            with pytest.raises(InvalidDataError, match="stl-2026-10-1-acme: its entries add up to"):
                list(written(writer, rows))


def test_a_statement_whose_amounts_do_not_follow_is_not_finished():
    of = statement()
    more = structs.replace(of.record, net_payout_usdt=of.record.net_payout_usdt + 1)
    with pytest.raises(InvalidDataError, match="net_payout_usdt is to be"):
        list(written(CsvStatement(structs.replace(of, record=more)), entries()))


def test_an_empty_month_has_a_statement_too():
    of = statement([])
    assert csv_rows(of, [])[-1]["total_usdt"] == "0"
    assert read(of, []).rows[-1][2] == "0.00"


def test_each_step_follows_from_those_above_it():
    before = record(carry_out_usdt=Decimal("30.25"))
    one = sums(entries=2, realised="100.005", fees="3", rebates="0.5", funding="-1.25")
    made = settle(basis(one, sums(entries=1, realised="7", late=True), previous=before))
    amounts = {step.name: step.amount for step in steps(made)}
    names = ("Realised profit", "Fees", "Rebates", "Funding", "Adjustments")
    assert sum(amounts[name] for name in names) == amounts["Gross, exact"] == Decimal("103.255")
    assert amounts["Gross"] == Decimal("103.26")
    assert amounts["Base"] == amounts["Gross"] - amounts["Losses carried in"]
    assert amounts["Platform share"] == Decimal("14.60")
    assert amounts["Net payout"] == amounts["Gross"] - amounts["Platform share"]
    assert amounts["Amount"] == amounts["Platform share"]
    assert steps(made)[-1].name == "Amount"


def test_the_last_step_says_who_pays_whom():
    kept = settle(basis(terms=terms(revenue_model=RevenueModel.KEEP_ALL)))
    assert (kept.direction, steps(kept)[-1].rule) == (
        Direction.NONE,
        "nothing is to be transferred",
    )
    ours = settle(basis(terms=terms(money_flow=MoneyFlow.SYSTEM_CAPITAL)))
    assert "the platform pays the net payout" in steps(ours)[-1].rule


def test_entries_pass_one_by_one_however_many_they_are():
    """The writer asks for the next entry only when the line before it is taken."""
    one, taken = entries()[0], 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield one

    for writer in (CsvStatement(statement()), HtmlStatement(statement())):
        taken = 0
        lines = writer.rows(endless())
        for count in range(1, 2_000):
            next(lines)
            assert taken == count


def test_a_statement_names_the_account_and_the_fees_that_no_amount_has():
    """The line of the account was called as a class of ours is."""
    of = statement()
    assert dict(facts(of))["Account"] == "acc-1"
    assert "Fees that no amount has" not in dict(facts(of))
    lacking = structs.replace(of, not_counted="0.5 MMX")
    assert dict(facts(lacking))["Fees that no amount has"] == "0.5 MMX"
    assert "0.5 MMX" in "".join(written(HtmlStatement(lacking), entries()))
