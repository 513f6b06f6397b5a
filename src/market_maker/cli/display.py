"""Where a running pool is shown: a live screen, a line a second, or the error stream."""

from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TextIO, TypeVar

from msgspec import Struct
from rich.console import Console
from rich.live import Live

from market_maker.cli.screen import ScreenFrame, line, render

SCREEN_S = 0.2
LINES_S = 1.0


Shown = TypeVar("Shown")


class Display(Struct, Generic[Shown], frozen=True):
    """show: puts a frame or a status where people see it, to be called every interval_s; close:
    restores the terminal; calling it twice is allowed."""

    interval_s: float
    show: Callable[[Shown], None]
    close: Callable[[], None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def lines(stream: TextIO) -> Display[ScreenFrame]:
    """One line a second, for logs and pipes."""

    def show(frame: ScreenFrame) -> None:
        print(line(frame), file=stream, flush=True)

    return Display(LINES_S, show, lambda: None)


def screen(console: Console) -> Display[ScreenFrame]:
    """The whole terminal, redrawn in place."""
    live = Live(console=console, screen=True, auto_refresh=False)

    def show(frame: ScreenFrame) -> None:
        live.update(render(frame, console.size.height), refresh=True)

    live.start()
    return Display(SCREEN_S, show, live.stop)


def display_for(out: TextIO, err: TextIO, *, as_json: bool) -> Display[ScreenFrame]:
    """A screen where there is a terminal, else lines; with JSON on `out`, lines on `err`."""
    if as_json:
        return lines(err)
    console = Console(file=out)
    return screen(console) if console.is_terminal and not console.is_dumb_terminal else lines(out)
