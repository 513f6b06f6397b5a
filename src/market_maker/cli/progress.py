"""A bar on a terminal, else a line now and then; both on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from market_maker.research.kernel_cache import prepare_venue

WAITS = (
    "compiling the replay venue: some seconds, once in an installation "
    "(`market_maker kernels` does it beforehand)"
)

LINE_EVERY_PERCENT = 20
QUIET_MAX = 50_000
"""So few are done before the first report."""


def venue_ready() -> None:
    """Make the replay venue's kernels ready, and say so where that is waited for."""
    prepare_venue(lambda: print(WAITS, file=sys.stderr, flush=True))


@contextmanager
def shown(title: str) -> Iterator[Callable[[int, int], None]]:
    """A callback for how many are done, and how many there are."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(title)
        return
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _lines(title: str) -> Callable[[int, int], None]:
    shown_percent = 0

    def tell(done: int, total: int) -> None:
        nonlocal shown_percent
        percent = 100 * done // max(total, 1)
        if total > QUIET_MAX and percent >= shown_percent + LINE_EVERY_PERCENT:
            shown_percent = percent - percent % LINE_EVERY_PERCENT
            print(f"{title}: {shown_percent} %", file=sys.stderr, flush=True)

    return tell
