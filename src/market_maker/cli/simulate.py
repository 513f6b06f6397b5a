"""`market_maker simulate ...`: published results next to ours, and a month of trading."""

import math
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from market_maker.cli import month, simulate_quotes
from market_maker.cli.table_console import print_prose, table_console
from market_maker.research.avellaneda_stoikov_tables import (
    JOURNAL,
    PUBLISHED_PATHS,
    PaperMarket,
    PublishedRow,
    QuantityName,
    reproduce,
    symmetric_moments,
)

app = typer.Typer(
    help="Reproduce published results, or let a month pass in minutes.", no_args_is_help=True
)

_NAMES: dict[QuantityName, str] = {
    "spread": "spread",
    "profit": "profit",
    "std_profit": "std profit",
    "final_q": "final q",
    "std_final_q": "std final q",
}

_NOTE = f"""\
± is the standard error of our mean or deviation, from our own sample. "exact" is known without \
simulation for the symmetric strategy only. "apart" is the difference in standard errors of both \
runs; the paper printed none for its {PUBLISHED_PATHS:,} paths, so its error is ours scaled to as \
many. A spread follows from the formula and has no sampling error; the paper's averages \
gamma sigma^2 (T-t) over continuous time, ours over the 200 steps."""


app.command("clamps")(simulate_quotes.clamps)
app.command("glft-accuracy")(simulate_quotes.glft_accuracy)
app.command("month")(month.command)


@app.command("avellaneda-stoikov")
def avellaneda_stoikov(
    paths: Annotated[
        int, typer.Option(help="Simulated days per strategy; the paper has 1,000.")
    ] = PUBLISHED_PATHS,
    seed: Annotated[int, typer.Option(help="Same seed, same figures.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Simulate the three tables of Avellaneda and Stoikov (2008) and compare every figure."""
    rows = _reproduce(paths, seed)
    if json:
        print(msgspec.json.format(msgspec.json.encode(rows)).decode())
        return
    console = table_console()
    console.print(_table(rows, paths, seed))
    print_prose(console, _NOTE, "dim")


def _reproduce(paths: int, seed: int) -> list[PublishedRow]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("simulating", total=len(JOURNAL) * paths)
        return reproduce(paths, seed, lambda done: progress.advance(task, done))


def _table(rows: Sequence[PublishedRow], paths: int, seed: int) -> Table:
    table = Table(
        title="Avellaneda & Stoikov, Quantitative Finance 8(3), 2008, p. 222-223\n"
        f"{paths:,} paths for each strategy, seed {seed}",
        title_justify="left",
        padding=(0, 0),
    )
    table.add_column("gamma")
    table.add_column("strategy")
    table.add_column("quantity")
    for name in ("published", "obtained", "±", "exact", "apart"):
        table.add_column(name, justify="right")
    for i, row in enumerate(rows):
        ends = i + 1 == len(rows) or rows[i + 1].strategy != row.strategy
        table.add_row(*_cells(row, rows, paths), end_section=ends)
    return table


def _cells(row: PublishedRow, rows: Sequence[PublishedRow], paths: int) -> tuple[str, ...]:
    exact = _exact(row, rows)
    return (
        f"{row.gamma:g}",
        row.strategy,
        _NAMES[row.quantity],
        f"{row.published:g}",
        f"{row.obtained:.3f}",
        f"{row.standard_error:.3f}" if row.standard_error else "",
        "" if exact is None else f"{exact:.3f}",
        _apart(row, paths),
    )


def _exact(row: PublishedRow, rows: Sequence[PublishedRow]) -> float | None:
    """What the symmetric strategy's figure is without sampling error."""
    if row.strategy != "symmetric" or row.quantity == "spread":
        return None
    spread = next(
        r.obtained
        for r in rows
        if (r.gamma, r.strategy, r.quantity) == (row.gamma, row.strategy, "spread")
    )
    moments = symmetric_moments(spread / 2.0, PaperMarket())
    return {
        "profit": moments.profit,
        "std_profit": moments.std_profit,
        "final_q": 0.0,
        "std_final_q": moments.std_final_q,
    }[row.quantity]


def _apart(row: PublishedRow, paths: int) -> str:
    """Difference in standard errors of both runs together."""
    if not row.standard_error:
        return ""
    both = row.standard_error * math.sqrt(1.0 + paths / PUBLISHED_PATHS)
    return f"{(row.published - row.obtained) / both:+.1f}"
