"""Configuration files: parsed once, checked in full, immutable after."""

import tomllib
from decimal import Decimal
from pathlib import Path

from market_maker.documents import read_document
from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.model.pool_document import pool_config

CONFIG_BYTES_MAX = 1 << 20
"""A thousand times what the longest configuration has."""


def load_pool_config(path: Path, symbol: str) -> PoolConfig:
    """The pool configuration in the TOML file `path`, for the instrument `symbol`.

    The keys are the fields of PoolConfig at the top level, members as `[[members]]`; a file
    without `symbol` serves any. Numbers keep the digits they are written with. Raises
    InvalidDataError for a file that cannot be read or is not TOML (with the line), and
    InvalidFieldError for a field that is unknown, mistyped, out of bounds or made for another
    symbol.
    """
    fields = parsed(path)
    declared = fields.setdefault("symbol", symbol)
    if declared != symbol:
        raise InvalidFieldError("symbol", declared, f"{symbol}, or no symbol at all")
    parameters = fields.get("strategy_params")
    if isinstance(parameters, dict):  # A strategy's own numbers are floats.
        fields["strategy_params"] = {name: _float(value) for name, value in parameters.items()}
    return pool_config(fields)


def _float(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


def parsed(path: Path) -> dict[str, object]:
    """A TOML file as it is written, numbers with their digits. Raises InvalidDataError for one that
    cannot be read or is not TOML, with the line."""
    try:
        text = read_document(path, CONFIG_BYTES_MAX).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidDataError(str(path), "is not a text file in UTF-8") from None
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InvalidDataError(str(path), f"is not valid TOML: {error}") from None
    except RecursionError:
        raise InvalidDataError(str(path), "is nested too deeply") from None
    except ValueError:  # Python refuses to read a whole number of thousands of digits.
        raise InvalidDataError(str(path), "holds a number of too many digits") from None
