"""A bar on a terminal, else a line now and then; both on standard error."""
# Imported where it is used: a bar is for terminals, and to load what draws it takes as long as a
# short replay.
# ruff: noqa: PLC0415

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from market_maker.model.units import Nanos
from market_maker.research.engine_choice import NOTHING_KEPT
from market_maker.research.kernel_cache import is_venue_plain, prepare_venue, where_kept

WAITS = (
    "compiling the replay venue: some seconds, once in an installation "
    "(`market_maker kernels` does it beforehand)"
)

PLAIN = "the replay venue runs in Python for so short a recording"
AT_ONCE = f"{PLAIN}, and is being compiled beside, once in an installation"

LINE_EVERY_PERCENT = 20
QUIET_MAX = 50_000
"""So few are done before the first report."""


def venue_ready(rows: int | None = None) -> None:
    """Make the replay venue's kernels ready, and say so where that is waited for. rows: of the
    recording, where the venue may run as Python for so few, which is said, too."""
    if rows is not None and is_venue_plain(rows):
        _say_once(AT_ONCE if where_kept() else f"{PLAIN}: {NOTHING_KEPT}")
    else:
        prepare_venue(lambda: print(WAITS, file=sys.stderr, flush=True))


@cache
def _say_once(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


@contextmanager
def shown(title: str) -> Iterator[Callable[[int, int], None]]:
    """A callback for how many are done, and how many there are."""
    if not sys.stderr.isatty():
        yield _lines(title)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _lines(title: str) -> Callable[[int, int], None]:
    shown_percent = 0

    def show(done: int, total: int) -> None:
        nonlocal shown_percent
        percent = 100 * done // max(total, 1)
        if total > QUIET_MAX and percent >= shown_percent + LINE_EVERY_PERCENT:
            shown_percent = percent - percent % LINE_EVERY_PERCENT
            print(f"{title}: {shown_percent} %", file=sys.stderr, flush=True)

    return show


@contextmanager
def run_shown(symbol: str, start: Nanos, end: Nanos) -> Iterator[Callable[[Nanos], None] | None]:
    """A callback for how far a replay from `start` to `end` is; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing", total=end - start)

        def advance(now: Nanos) -> None:
            bar.update(task, completed=now - start, description=f"replaying {symbol}")

        yield advance
