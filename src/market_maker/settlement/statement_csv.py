"""A statement as CSV (RFC 4180): one table, each line says what it is in its first column."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from market_maker.model.calendar import moment_text
from market_maker.model.csv_text import csv_line, safe_text
from market_maker.model.exact import plain
from market_maker.model.money import LedgerEntry
from market_maker.settlement.statement import (
    Statement,
    StatementLine,
    StatementTotals,
    facts,
    steps,
)

COLUMNS = (
    "line",
    "time_or_name",
    "text",
    "symbol",
    "side",
    "quantity",
    "price",
    "value_usdt",
    "realised_usdt",
    "fee_usdt",
    "funding_usdt",
    "net_usdt",
    "total_usdt",
    "position",
    "reference",
)
"""line: fact (a name and a text), entry, late entry, symbol (its sums), step (a name, its rule and
in total_usdt what it comes to). The last step is the amount."""


class CsvStatement:
    """See statement.Writer."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._account = StatementTotals(statement.record)

    def head(self) -> Iterator[str]:
        """The columns' names, and facts about the statement."""
        yield _row(COLUMNS)
        for name, text in facts(self._statement):
            yield _row(("fact", safe_text(name), safe_text(text)))

    def rows(self, entries: Iterable[LedgerEntry]) -> Iterator[str]:
        """One line for each entry."""
        for entry in entries:
            yield _row(_cells(self._account.line(entry)))

    def tail(self) -> Iterator[str]:
        """Sums by symbol, and the steps."""
        self._account.check()
        for symbol, total in sorted(self._account.symbols.items()):
            amounts = (total.realised, total.rebates, total.fees, total.funding, total.net)
            realised, rebates, fees, funding, net = (plain(amount) for amount in amounts)
            text = f"{total.trades} fills; fees {fees} and rebates {rebates}"
            fee = plain(total.fees - total.rebates)
            volume = plain(total.volume)
            name = safe_text(symbol)
            cells = ("symbol", "", text, name, "", "", "", volume, realised, fee, funding, net)
            yield _row(cells)
        for step in steps(self._statement.record):
            amount = plain(step.amount)
            yield _row(("step", step.name, step.rule, *[""] * 9, amount))


def _cells(line: StatementLine) -> tuple[str, ...]:
    return (
        "late entry" if line.late else "entry",
        moment_text(line.ts_event),
        line.kind,
        safe_text(line.symbol),
        line.side or "",
        _number(line.quantity),
        _number(line.price),
        _number(line.value),
        plain(line.realised),
        plain(line.fee),
        plain(line.funding),
        plain(line.net),
        plain(line.total),
        plain(line.position),
        safe_text(line.ref),
    )


def _number(number: Decimal | None) -> str:
    return "" if number is None else plain(number)


def _row(cells: Iterable[str]) -> str:
    padded = list(cells)
    return csv_line(padded + [""] * (len(COLUMNS) - len(padded)))
