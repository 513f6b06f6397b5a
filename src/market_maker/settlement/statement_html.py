"""A statement as one self-contained HTML page: no link leads out of it, nothing is loaded."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from market_maker.model.calendar import moment_text
from market_maker.model.exact import CENT, plain, rounded
from market_maker.model.money import EntryKind, LedgerEntry
from market_maker.settlement.statement import (
    DIRECTIONS,
    Statement,
    StatementLine,
    StatementTotals,
    SymbolTotal,
    facts,
    steps,
)
from market_maker.settlement.statement_style import STYLE

MINUS = "−"
"""A real minus sign, as wide as a digit."""

ABOUT_ENTRIES = (
    "Every fill and every funding payment of the period, in the order of the ledger. Net is "
    "realised profit less fee plus funding; total is the sum of all nets so far. A negative fee "
    "is a rebate. Late entries are of earlier months: they arrived when those were closed, or the "
    "settlement that had them was rejected."
)

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})

_ENTRY_COLUMNS = (
    "Time, UTC",
    "What",
    "Symbol",
    "Quantity",
    "Price",
    "Value",
    "Realised",
    "Fee",
    "Funding",
    "Net",
    "Total",
    "Position",
    "Reference",
)


class HtmlStatement:
    """See statement.Writer."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._account = StatementTotals(statement.record)

    def head(self) -> Iterator[str]:
        """Title, the amount, facts, and the beginning of the table of entries."""
        statement, record = self._statement, self._statement.record
        title = _text(f"Statement {record.month} of {statement.display_name}")
        yield (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{STYLE}</style></head>\n<body><main>\n"
        )
        yield f"<h1>{title}</h1>\n<p>{_text(_sentence(statement))}</p>\n"
        yield f'<dl class="tiles">{"".join(_tiles(statement))}</dl>\n'
        rows = ((name, text) for name, text in facts(statement) if text)
        yield f"<section><h2>Facts</h2>{_two_columns(rows)}</section>\n"
        yield (f'<section><h2>Entries</h2><p>{ABOUT_ENTRIES}</p>\n<div class="wide"><table>\n')
        yield f"<thead><tr>{_cells('th', _ENTRY_COLUMNS)}</tr></thead>\n<tbody>\n"

    def rows(self, entries: Iterable[LedgerEntry]) -> Iterator[str]:
        """One row for each entry."""
        for entry in entries:
            yield _entry_row(self._account.line(entry))

    def tail(self) -> Iterator[str]:
        """Sums by symbol, and the steps to the amount."""
        self._account.check()
        yield "</tbody></table></div></section>\n"
        yield _by_symbol(self._account.symbols)
        yield (
            '<section id="arithmetic"><h2>From the entries to the amount</h2><table>\n'
            f"<thead><tr>{_cells('th', ('Step', 'How', 'USDT'))}</tr></thead>\n<tbody>\n"
        )
        record = self._statement.record
        *before, last = steps(record)
        for step in before:
            amount = _cents(step.amount) if step.in_cents else _number(step.amount)
            yield f"<tr>{_cells('td', (step.name, step.rule, amount))}</tr>\n"
        ending = _cells("td", (last.name, last.rule, _cents(last.amount)))
        yield f'<tr class="amount">{ending}</tr>\n</tbody></table></section>\n'
        yield f"<footer>{_text(record.settlement_id)}</footer>\n</main></body></html>\n"


def _sentence(statement: Statement) -> str:
    record = statement.record
    return (
        f"{_cents(record.amount_usdt)} USDT: {DIRECTIONS[record.direction]}. "
        f"Made of {record.entries} entries, {record.trades} of them fills."
    )


def _tiles(statement: Statement) -> Iterator[str]:
    record = statement.record
    tiles = (
        ("Gross", _cents(record.gross_pnl_usdt), "USDT"),
        ("Platform share", _cents(record.platform_amount_usdt), "USDT"),
        ("Net payout", _cents(record.net_payout_usdt), "USDT"),
        ("Losses carried out", _cents(record.carry_out_usdt), "USDT"),
        ("Amount", _cents(record.amount_usdt), "USDT"),
        ("Status", record.status.value, f"revision {record.revision}"),
    )
    for name, value, note in tiles:
        yield f"<div><dt>{name}</dt><dd>{_text(value)}<small>{_text(note)}</small></dd></div>"


def _entry_row(line: StatementLine) -> str:
    what = "Funding" if line.kind is EntryKind.FUNDING else f"{line.side}"
    cells = (
        moment_text(line.ts_event),
        f"{what}, late" if line.late else what,
        line.symbol,
        _number(line.quantity),
        _number(line.price),
        _number(line.value),
        _number(line.realised),
        _number(line.fee),
        _number(line.funding),
        _number(line.net),
        _number(line.total),
        _number(line.position),
        line.ref,
    )
    late = ' class="late"' if line.late else ""
    return f"<tr{late}>{_cells('td', cells)}</tr>\n"


def _by_symbol(symbols: dict[str, SymbolTotal]) -> str:
    names = ("Symbol", "Fills", "Volume", "Realised", "Fees", "Rebates", "Funding", "Net")
    rows = "".join(
        "<tr>"
        + _cells(
            "td",
            (
                symbol,
                str(total.trades),
                _number(total.volume),
                _number(total.realised),
                _number(total.fees),
                _number(total.rebates),
                _number(total.funding),
                _number(total.net),
            ),
        )
        + "</tr>\n"
        for symbol, total in sorted(symbols.items())
    )
    head = f"<thead><tr>{_cells('th', names)}</tr></thead>"
    return (
        f"<section><h2>By symbol</h2><table>\n{head}\n<tbody>\n{rows}</tbody></table></section>\n"
    )


def _two_columns(rows: Iterable[tuple[str, str]]) -> str:
    body = "".join(f"<tr>{_cells('td', row)}</tr>\n" for row in rows)
    return f'<table class="facts"><tbody>\n{body}</tbody></table>'


def _cells(tag: str, texts: Iterable[str]) -> str:
    return "".join(f"<{tag}>{_text(text)}</{tag}>" for text in texts)


def _text(text: str) -> str:
    return text.translate(_ESCAPES)


def _number(number: Decimal | None) -> str:
    """All its digits; empty for none."""
    return "" if number is None else plain(number).replace("-", MINUS)


def _cents(amount: Decimal) -> str:
    """Thousands apart: 1,234.50."""
    return f"{rounded(amount, CENT):,.2f}".replace("-", MINUS)
