"""A comparison as tables for a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from market_maker.cli.table_console import print_prose, table_console
from market_maker.research.comparing import Comparison
from market_maker.research.comparison_wording import (
    DIFFERENCES,
    MONEY,
    QUALITY,
    SHARPE_NOTE,
    Column,
    amount,
    cautions,
    differences_of,
)
from market_maker.research.resampling import CONFIDENCE_PCT
from market_maker.research.venue_terms import terms_in_words, venue_terms
from market_maker.research.wording import quote_currency

LABEL_WIDTH = 18


def print_comparison(comparison: Comparison, console: Console | None = None) -> None:
    """Print what each case earned, how it quoted, and how sure the differences are."""
    console = console or table_console()
    money = comparison.currency
    symbol = comparison.recording.instrument.symbol
    title = f"{symbol}: PnL, {money}; turnover, {quote_currency(symbol)}"
    console.print(_table(title, comparison, MONEY))
    console.print(_table("Quoting; markouts in bps", comparison, QUALITY))
    if comparison.differences:
        console.print(_differences(comparison))
    if len(comparison.stresses) > 1:
        console.print(_stressed(comparison, money))
    for sentence in cautions(comparison):
        console.print(sentence, highlight=False)
    terms = terms_in_words(venue_terms(comparison.terms.exchange))
    console.print(f"On these terms: {terms}.", highlight=False)
    print_prose(console, SHARPE_NOTE, "dim")


def _empty(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1), header_style="dim")
    table.add_column("case", overflow="fold", min_width=LABEL_WIDTH)
    for name in columns:
        table.add_column(name, justify="right", overflow="fold")
    return table


def _table(title: str, comparison: Comparison, columns: Sequence[Column]) -> Table:
    table = _empty(title, [name for name, _ in columns])
    for case in comparison.cases:
        run = comparison.of(case.label)
        table.add_row(case.label, *(shown(run) for _, shown in columns))
    return table


def _differences(comparison: Comparison) -> Table:
    first = comparison.cases[0].label
    title = f"Against {first}, paired; {CONFIDENCE_PCT} % of block resamples between the brackets"
    table = _empty(title, DIFFERENCES)
    for label, apart in comparison.differences.items():
        table.add_row(label, *differences_of(apart, comparison.currency))
    return table


def _stressed(comparison: Comparison, money: str) -> Table:
    table = _empty(f"Net PnL under other terms, {money}", [str(s) for s in comparison.stresses])
    for case in comparison.cases:
        runs = [comparison.of(case.label, stress) for stress in comparison.stresses]
        table.add_row(case.label, *(amount(run, run.result.net_pnl) for run in runs))
    return table
