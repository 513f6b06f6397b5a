"""How far a sweep is: a bar on a terminal, else a line now and then; both on standard error."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from market_maker.research.sweep_run import SweepProgress

LINE_EVERY_S = 10.0
SECONDS_PER_MINUTE = 60


@contextmanager
def sweep_progress() -> Iterator[SweepProgress]:
    """A callback for how many runs are done, and how many there are."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines().show
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("replaying", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """The first call says where it begins, others how fast it goes."""

    def __init__(self) -> None:
        self._began = self._said = time.monotonic()
        self._earlier: int | None = None

    def show(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self._earlier is None:
            self._earlier = done
            words = f"{total:,} runs" + (f", {done:,} of them done earlier" if done else "")
            print(f"sweep: {words}", file=sys.stderr, flush=True)
        elif now - self._said >= LINE_EVERY_S or (done == total and done > self._earlier):
            self._said = now
            print(f"sweep: {self.words(done, total, now)}", file=sys.stderr, flush=True)

    def words(self, done: int, total: int, now: float) -> str:
        """Runs, runs a minute, and the time left at that pace."""
        made, spent = done - (self._earlier or 0), max(now - self._began, 1e-9)
        pace = made / spent
        left = (total - done) / pace if pace else 0.0
        return (
            f"{done:,} of {total:,} runs, {pace * SECONDS_PER_MINUTE:,.0f} a minute, "
            f"{left_words(left)} left"
        )


def left_words(seconds: float) -> str:
    """A time as people say it: 40 s, 12 min, 3 h 20 min."""
    whole = round(seconds)
    if whole < 2 * SECONDS_PER_MINUTE:
        return f"{whole} s"
    minutes = round(whole / SECONDS_PER_MINUTE)
    if minutes < 2 * SECONDS_PER_MINUTE:
        return f"{minutes} min"
    return f"{minutes // SECONDS_PER_MINUTE} h {minutes % SECONDS_PER_MINUTE} min"
