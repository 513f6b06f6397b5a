"""`market-making-config.yaml`: what `/maker/start` takes where a request does not say.

The smart engine's document has this file with two levels of names and numbers. That much of YAML is
read, and nothing else: no lists, no quotes, no references. Every number keeps its digits.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from market_maker.documents import read_document
from market_maker.model.errors import InvalidDataError, InvalidFieldError, UnknownFieldError

FILE_NAME = "market-making-config.yaml"
BYTES_MAX = 64 << 10
BPS = 10_000

_SECTION = re.compile(r"([a-z_]{1,64}):", re.ASCII)
_VALUE = re.compile(r"[ ]+([a-z_]{1,64}):[ ]+(-?[0-9]{1,15}(?:\.[0-9]{1,12})?)", re.ASCII)
_NUMBER = "a plain number such as 0.002"


class MakerDefaults(Struct, frozen=True, kw_only=True):
    """Documented values. base_spread, inventory_sensitivity, adjustment_speed: fractions of the
    price. update_frequency: quotes a second. max_position, target_inventory, max_inventory,
    rebalance_threshold: base currency. max_loss: USDT, below zero. max_drawdown: of the peak, below
    zero. max_exposure: of total_capital, USDT, which one symbol's position may be worth; the
    document's code is handed the capital, its file has none: without it there is no such limit."""

    base_spread: Decimal = Decimal("0.002")
    volatility_multiplier: Decimal = Decimal("2.0")
    inventory_sensitivity: Decimal = Decimal("0.0005")
    update_frequency: Decimal = Decimal(1)
    max_position: Decimal = Decimal("100.0")
    max_loss: Decimal = Decimal("-500.0")
    max_drawdown: Decimal = Decimal("-0.1")
    max_exposure: Decimal = Decimal("0.2")
    total_capital: Decimal | None = None
    target_inventory: Decimal = Decimal("0.0")
    max_inventory: Decimal = Decimal("100.0")
    rebalance_threshold: Decimal = Decimal("10.0")
    pressure_threshold: Decimal = Decimal("0.1")
    adjustment_speed: Decimal = Decimal("0.001")
    emergency_multiplier: Decimal = Decimal("3.0")


SECTIONS = {
    "market_making": (
        "base_spread",
        "volatility_multiplier",
        "inventory_sensitivity",
        "update_frequency",
    ),
    "risk_limits": ("max_position", "max_loss", "max_drawdown", "max_exposure", "total_capital"),
    "inventory": ("target_inventory", "max_inventory", "rebalance_threshold"),
    "pricing": ("pressure_threshold", "adjustment_speed", "emergency_multiplier"),
}
"""As the document has them."""


def pool_fields(defaults: MakerDefaults) -> dict[str, Any]:
    """What else of a pool's configuration the file decides."""
    held = defaults.max_inventory
    threshold = min(defaults.rebalance_threshold / held * 100, Decimal(100))
    return {
        "strategy_params": {
            "volatility_multiplier": float(defaults.volatility_multiplier),
            "inventory_sensitivity_bps": float(defaults.inventory_sensitivity * BPS),
            "target_q_hat": float(defaults.target_inventory / held),
            "pressure_threshold": float(defaults.pressure_threshold),
            "adjustment_speed_bps": float(defaults.adjustment_speed * BPS),
            "emergency_multiplier": float(defaults.emergency_multiplier),
        },
        "quote_interval_ms": (1_000 / defaults.update_frequency).quantize(Decimal("0.001")),
        "max_drawdown_pct": -defaults.max_drawdown * 100,
        "rebalance_threshold_pct": threshold,
        "rebalance_urgent_pct": max(threshold, Decimal(50)),
    }


def load_maker_defaults(folder: Path) -> MakerDefaults | None:
    """The file in `folder`; None where there is none. Raises InvalidDataError with the line that is
    not a name and a number, UnknownFieldError and InvalidFieldError that name the field."""
    given = given_defaults(folder)
    return None if given is None else _checked(MakerDefaults(**given))


def given_defaults(folder: Path) -> dict[str, Decimal] | None:
    """What the file in `folder` says, by name; None where there is none. Raises InvalidDataError
    and UnknownFieldError."""
    path = folder / FILE_NAME
    if not path.exists():
        return None
    text = read_document(path, BYTES_MAX).decode("utf-8", "replace")
    given: dict[str, Decimal] = {}
    section = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].rstrip()
        if not line:
            continue
        if found := _SECTION.fullmatch(line):
            section = _known(found[1], SECTIONS)
        elif section and (found := _VALUE.fullmatch(line)):
            name = _known(found[1], SECTIONS[section])
            if name in given:
                raise InvalidDataError(f"{path}, line {number}", f"has {name} a second time")
            given[name] = Decimal(found[2])
        else:
            raise InvalidDataError(f"{path}, line {number}", f"is no section and no {_NUMBER}")
    return given


def _known(name: str, names: Iterable[str]) -> str:
    if name not in names:
        raise UnknownFieldError(name, None, ", ".join(names))
    return name


def _checked(defaults: MakerDefaults) -> MakerDefaults:
    """What the pool's own bounds do not judge."""
    for name in ("update_frequency", "max_position", "max_inventory", "base_spread"):
        if getattr(defaults, name) <= 0:
            raise InvalidFieldError(name, getattr(defaults, name), "a number above 0")
    for name, low in (("max_drawdown", -1), ("max_loss", -(10**9))):
        if not low <= getattr(defaults, name) < 0:
            allowed = f"a number from {low} to below 0"
            raise InvalidFieldError(name, getattr(defaults, name), allowed)
    for name in ("max_exposure", "total_capital"):
        value = getattr(defaults, name)
        if value is not None and value <= 0:
            raise InvalidFieldError(name, value, "a number above 0")
    if abs(defaults.target_inventory) > defaults.max_inventory:
        allowed = f"at most max_inventory ({defaults.max_inventory}), either way"
        raise InvalidFieldError("target_inventory", defaults.target_inventory, allowed)
    return defaults
