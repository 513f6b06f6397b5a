"""A sweep as a table for a terminal."""

from rich.console import Console
from rich.table import Table

from market_maker.cli.table_console import table_console
from market_maker.research.resampling import CONFIDENCE_PCT
from market_maker.research.sweep_plan import BASE
from market_maker.research.sweep_report import sweep_cautions, sweep_line, sweep_verdict
from market_maker.research.sweep_result import SweepResult
from market_maker.research.venue_terms import terms_in_words

SHOWN_MAX = 15
_COLUMNS = (
    *("", "configuration", "net PnL", f"against {BASE}", "at equal turnover"),
    *("bps of it", "turnover", "fills", "uptime", "spread bps", "drawdown", "halted"),
)


def print_sweep(result: SweepResult, money: str, console: Console | None = None) -> None:
    """The best configurations, the one as given, and what to think of it."""
    console = console or table_console()
    title = f"The best of {len(result.rows)}; {money}; {CONFIDENCE_PCT} % intervals in brackets"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1), header_style="dim")
    for place, name in enumerate(_COLUMNS):
        table.add_column(name, justify="left" if place == 1 else "right", overflow="fold")
    shown = result.rows[:SHOWN_MAX]
    for row in shown:
        table.add_row(*sweep_line(row, money))
    base = next(row for row in result.rows if row.label == BASE)
    if base not in shown:
        table.add_row(*sweep_line(base, money))
    console.print(table)
    for sentence in (sweep_verdict(result, money), *sweep_cautions(result)):
        console.print(sentence, highlight=False)
    console.print(f"On these terms: {terms_in_words(result.terms)}.", highlight=False)
