"""Numbers of documents that are constants of the code.

A document marks such a number: `every 2 ms <!-- constant execution.engine_host:TICK -->`. Constants
are in nanoseconds unless their name says S, SECONDS, MS or PCT; a share is quoted in %.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

_WORDS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1
    )
} | {"twice": 2, "hundred": 100}
_UNITS = {
    "ns": Decimal("1e-9"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "second": Decimal(1),
    "minute": Decimal(60),
    "hour": Decimal(3_600),
    "day": Decimal(86_400),
}
_BYTES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_MARK = re.compile(r"<!-- constant ([\w.]+):(\w+) -->")
_QUANTITY = re.compile(
    rf"(?P<number>[\d,]*\.?\d+|\b(?:{'|'.join(_WORDS)}))\s*(?P<unit>%|[KMG]iB|[a-z]+)?\s*$"
)
_NANOS = Decimal("1e9")


class Quoted(NamedTuple):
    """A marked number. quoted: in the constant's own unit, None where no number stands there."""

    where: str
    constant: str
    quoted: Decimal | None
    value: Decimal


def quoted_constants(path: Path) -> Iterator[Quoted]:
    """All marked numbers of a document. Raises ImportError, AttributeError for an unknown name."""
    text = path.read_text("utf-8")
    for mark in _MARK.finditer(text):
        module, name = mark.groups()
        value = Decimal(str(getattr(import_module(f"market_maker.{module}"), name)))
        number = 1 + text[: mark.start()].count("\n")
        before = " ".join(text[max(0, mark.start() - 40) : mark.start()].split())
        yield Quoted(f"{path.name}:{number}", f"{module}:{name}", _read(before, name), value)


def _read(text: str, name: str) -> Decimal | None:
    """The number at the end of a text, in the unit of a constant of this name."""
    found = _QUANTITY.search(text)
    if found is None:
        return None
    word, unit = found["number"], found["unit"] or ""
    number = Decimal(_WORDS[word]) if word in _WORDS else Decimal(word.replace(",", ""))
    if unit == "%":
        return number if "PCT" in name else number / 100
    if unit in _BYTES:
        return number * _BYTES[unit]
    seconds = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    return number if seconds is None else number * seconds * _per_second(name)


def _per_second(name: str) -> Decimal:
    parts = set(name.split("_"))
    if parts & {"S", "SECONDS"}:
        return Decimal(1)
    return Decimal(1_000) if "MS" in parts else _NANOS
