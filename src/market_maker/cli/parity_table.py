"""Live against simulation as tables for a terminal."""

from rich.console import Console
from rich.table import Table

from market_maker.cli.table_console import print_prose, table_console
from market_maker.research.parity_result import ParityResult, verdict
from market_maker.research.wording import number


def print_parity(result: ParityResult, console: Console | None = None) -> None:
    """Print the gap, its parts, both sides, and what the figures do not know."""
    console = console or table_console()
    console.print(verdict(result), highlight=False)
    console.print(_parts(result))
    console.print(_sides(result))
    console.print(_facts(result))
    for text in result.limits:
        print_prose(console, f"- {text}", "dim")


def _empty(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2), header_style="dim")
    table.add_column("", style="dim", min_width=24)
    for name in columns:
        table.add_column(name, justify="right", overflow="fold")
    return table


def _parts(result: ParityResult) -> Table:
    title = f"The gap, live less simulated, {result.pnl_currency}"
    table = _empty(title, "money", "bps of turnover", "assumed", "seen")
    for part in result.parts:
        bps = number(part.per_turnover_bps, 4)
        table.add_row(part.cause, part.pnl, bps, part.assumed, part.seen)
    table.add_row("gap", result.gap, number(result.gap_per_turnover_bps, 4), "", "")
    return table


def _sides(result: ParityResult) -> Table:
    sides = (result.live, result.simulated, result.as_seen)
    table = _empty("Both sides, from a flat start", "live", "simulated", "terms as seen")
    for name in ("fills", "turnover", "spread", "inventory", "fees", "funding", "net_pnl"):
        label = name.replace("net_pnl", "net")
        table.add_row(label, *(str(getattr(side, name)) for side in sides))
    for name, label in (("per_turnover_bps", "net by turnover, bps"), ("fee_bps", "fee, bps")):
        table.add_row(label, *(number(getattr(side, name), 4) for side in sides))
    for name, label in (("one_second", "1"), ("five_seconds", "5"), ("thirty_seconds", "30")):
        means = (number(getattr(side.markout_bps, name), 3) for side in sides)
        table.add_row(f"markout after {label} s, bps", *means)
    return table


def _facts(result: ParityResult) -> Table:
    table = _empty("Fills and latency", "")
    table.add_row("fills of both", str(result.matches.both))
    table.add_row("only live", str(result.matches.only_live))
    table.add_row("only simulated", str(result.matches.only_simulated))
    if result.latency is not None:
        shown = f"{result.latency.median_ms:.3f} ms, {result.latency.p90_ms:.3f} ms"
        table.add_row("latency, median and p90", shown)
    return table
