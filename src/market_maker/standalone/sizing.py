"""How much a maker may hold and offer: the caps of SOP 4.4, the venue's minimum, OI caps of 6.5."""

from decimal import ROUND_DOWN, Decimal

from msgspec import Struct

from market_maker.model.errors import InvalidDataError
from market_maker.standalone.settings import MakerSettings
from market_maker.venues.hyperliquid.precision import MIN_NOTIONAL

MARGIN_SHARE = Decimal("0.5")
"""Of equity x leverage, that a position may be worth."""

ORDER_SHARE = Decimal("0.4")
"""Of the greatest position, that one side may offer."""

LEVEL_MIN = MIN_NOTIONAL * Decimal("1.1")
"""Value of one level: the price may fall before the next check."""


class Capacity(Struct, frozen=True):
    """What the account and the market allow now. Money is in the collateral, mark: price of one of
    the asset. size_factor: 1 far from an open interest cap, 0 at it."""

    equity: Decimal
    leverage: int
    mark: Decimal
    size_factor: Decimal = Decimal(1)


class MakerSize(Struct, frozen=True):
    """In the collateral: position_value, from which orders only reduce; side_value, offered on each
    side over `levels` levels. notes: what was made smaller, one line each."""

    position_value: Decimal
    side_value: Decimal
    levels: int
    notes: tuple[str, ...] = ()


def sized(settings: MakerSettings, capacity: Capacity) -> MakerSize:
    """Raises InvalidDataError where not even the smallest order fits."""
    notes = []
    mark = capacity.mark
    wanted = settings.max_position * mark
    position = min(wanted, capacity.equity * capacity.leverage * MARGIN_SHARE)
    if position < wanted:
        notes.append(
            f"max position {_size(wanted, mark)} -> {_size(position, mark)}: equity "
            f"{capacity.equity:f} x {capacity.leverage} x {MARGIN_SHARE} / {mark:f}"
        )
    if position > settings.max_position_value:
        position = settings.max_position_value
        notes.append(f"max position {_size(position, mark)}: max_position_value is {position:f}")
    side = min(settings.target_liquidity * mark, position * ORDER_SHARE)
    if side < settings.target_liquidity * mark:
        notes.append(
            f"target liquidity {settings.target_liquidity:f} -> {_size(side, mark)}: "
            f"{ORDER_SHARE} of the max position"
        )
    if capacity.size_factor < 1:
        side *= capacity.size_factor
        notes.append(f"sizes x {capacity.size_factor:.2f}: open interest is near its cap")
    return _levelled(settings, position, side, notes)


def _levelled(
    settings: MakerSettings, position: Decimal, side: Decimal, notes: list[str]
) -> MakerSize:
    """As many levels as the venue's minimum allows."""
    wanted = settings.num_levels if settings.strategy_type == "ladder" else 1
    levels = min(wanted, int(side / LEVEL_MIN))
    if not levels:
        problem = (
            f"one side would offer {side:.2f}, and the venue takes no order below {MIN_NOTIONAL}: "
            "fund the account, or raise target_liquidity, max_absolute_position_size or leverage"
        )
        raise InvalidDataError("size", problem)
    if levels < wanted:
        notes.append(f"levels {wanted} -> {levels}: each is worth at least {LEVEL_MIN:f}")
    return MakerSize(position, side, levels, tuple(notes))


def _size(value: Decimal, mark: Decimal) -> str:
    return f"{(value / mark).quantize(Decimal('0.000001'), ROUND_DOWN):f}"


def differs(before: MakerSize, after: MakerSize, share: Decimal) -> bool:
    """Whether one of the two values has moved by more than `share` of what it was, or the levels
    have changed."""
    if before.levels != after.levels:
        return True
    pairs = (
        (before.position_value, after.position_value),
        (before.side_value, after.side_value),
    )
    return any(abs(now - then) > share * then for then, now in pairs)
