"""Where a running pool is shown: a live screen, a line a second, or the error stream."""

from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live

from market_maker.cli.screen import ScreenFrame, line, render
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos

REFRESH_SCREEN = Nanos(125 * NANOS_PER_MS)
REFRESH_LINES = Nanos(NANOS_PER_SECOND)


class Display:
    """Shows frames, at most one in `interval`; a frame that is not due is never made.

    show: puts a frame where people see it; close: gives the terminal back, harmless twice.
    """

    def __init__(
        self, interval: Nanos, show: Callable[[ScreenFrame], None], close: Callable[[], None]
    ) -> None:
        self._interval, self._show, self.close = interval, show, close
        self._shown: Nanos | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def offer(self, now: Nanos, frame: Callable[[], ScreenFrame]) -> None:
        """Show what `frame` makes, if it is time."""
        if self._shown is None or now - self._shown >= self._interval:
            self._shown = now
            self._show(frame())


def lines(stream: TextIO) -> Display:
    """One line a second, for logs and pipes."""

    def show(frame: ScreenFrame) -> None:
        print(line(frame), file=stream, flush=True)

    return Display(REFRESH_LINES, show, lambda: None)


def screen(console: Console) -> Display:
    """The whole terminal, redrawn in place."""
    live = Live(console=console, screen=True, auto_refresh=False)

    def show(frame: ScreenFrame) -> None:
        live.update(render(frame, console.size.height), refresh=True)

    live.start()
    return Display(REFRESH_SCREEN, show, live.stop)


def display_for(out: TextIO, err: TextIO, *, as_json: bool) -> Display:
    """A screen where there is a terminal, else lines; with JSON on `out`, lines on `err`."""
    if as_json:
        return lines(err)
    console = Console(file=out)
    return screen(console) if console.is_terminal and not console.is_dumb_terminal else lines(out)
