"""The configuration file that documents every option."""

import textwrap
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

from market_maker.model.fields import Choices, Field, fields_of
from market_maker.standalone.settings import OPTIONS, MakerSettings, Option

WIDTH = 100
RULE = "#" + "=" * (WIDTH - 1)
SECTIONS = {
    "network": "Where to trade, and with which key",
    "trading": "What to trade, and how much",
    "hip3": "Builders' dexes (HIP-3)",
    "strategy": "How quotes are found",
    "strategy.ladder_config": "The levels of the ladder",
    "kill_switch": "What stops the maker; a cascade of liquidations beyond 0.95 always does",
    "logging": "The log",
    "monitoring": "Metrics",
    "state": "Files of the maker",
}
"""Sections in their order, and what they are about."""

_HEAD = """\
The Hyperliquid maker's settings. The command line goes before environment variables, those before
the file .env, that before this file. Keys that are not known are refused. Lines that begin with #
and a key show what may be set and is not. A private key belongs into HYPERLIQUID_PRIVATE_KEY or a
file of its own; with a key in it, this file must be readable for its owner alone."""


def sample_file() -> str:
    """The text of a market_maker.toml with every option, its meaning, what it may be, its flag and
    its variable, set to its default."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for line in _HEAD.splitlines():
        yield f"# {line}"
    fields = fields_of(MakerSettings)
    for section, options in groupby(OPTIONS, lambda option: option.key.rpartition(".")[0]):
        yield from ("", RULE, f"# {SECTIONS[section]}", RULE, f"[{section}]")
        for option in options:
            yield from _option(option, fields[option.field])


def _option(option: Option, field: Field) -> Iterator[str]:
    yield ""
    given = f"{option.flag}, {option.variable}" if option.flag else option.variable
    allowed = "mainnet, testnet, localhost or a URL" if option.field == "network" else field.words()
    for text in (field.meaning, f"Allowed: {allowed}. Also: {given}."):
        yield from (f"# {line}" for line in textwrap.wrap(text, WIDTH - 2))
    key = option.key.rpartition(".")[2]
    if field.default is None or field.default == "":
        yield f"# {key} = {_example(field)}"
    else:
        yield f"{key} = {_toml(field.default)}"


def _example(field: Field) -> str:
    if field.kind is int:
        return "5"
    return f'"{field.allowed.words[0]}"' if isinstance(field.allowed, Choices) else '"..."'


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | Decimal():
            return f"{value:f}" if isinstance(value, Decimal) else str(value)
        case _:
            return f'"{value}"'
