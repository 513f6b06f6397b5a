"""Lines of CSV (RFC 4180), with texts that a spreadsheet does not run."""

from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet would run a text that begins like this."""

_SPECIAL = (",", '"', "\r", "\n")


def csv_line(cells: Iterable[str]) -> str:
    """One line with its end; a cell with a comma, a quote or a line end is quoted."""
    return ",".join(map(_quoted, cells)) + "\r\n"


def safe_text(text: str) -> str:
    """A text that a spreadsheet takes for a text."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _quoted(cell: str) -> str:
    if any(mark in cell for mark in _SPECIAL):
        doubled = cell.replace('"', '""')
        return f'"{doubled}"'
    return cell
