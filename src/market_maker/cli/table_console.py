"""Where tables are printed: as wide as a terminal, or as their content."""

from typing import Final

from rich.console import Console

WHOLE_WIDTH: Final = 100_000
"""Of a file or a pipe, columns; more than any table has. What is read back has no columns folded
for the terminal that it was made in."""

PROSE_WIDTH: Final = 80


def table_console() -> Console:
    """For standard output: in a terminal tables fit it, elsewhere none of their columns is
    folded. Names of files and members are text: [b] and :x: stay as they are."""
    width = None if Console().is_terminal else WHOLE_WIDTH
    return Console(width=width, markup=False, emoji=False)


def print_prose(console: Console, text: str, style: str = "") -> None:
    """A paragraph beside tables: no longer than a line of a page, in a file too."""
    width = PROSE_WIDTH if console.width == WHOLE_WIDTH else None
    console.print(text, style=style, highlight=False, width=width)
