"""Which limit a reason means, and what it is set to: an operator should not have to search."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from market_maker.model.exact import plain
from market_maker.model.instrument import Instrument
from market_maker.model.instrument_limits import LimitTexts, limit_texts
from market_maker.model.pool import PoolConfig
from market_maker.model.quotes import Reason


def limit_of(reason: Reason, instrument: Instrument, config: PoolConfig) -> str:
    """Names and values of the limits that `reason` is about, as the API and the configuration name
    them; empty where it has none."""
    words = _WORDS.get(reason)
    return "" if words is None else words(instrument, config)


def reason_words(reason: Reason, instrument: Instrument, config: PoolConfig) -> str:
    """A reason with the limits that it is about."""
    limit = limit_of(reason, instrument, config)
    return f"{reason.value} ({limit})" if limit else str(reason.value)


def _venues(*names: str) -> Callable[[Instrument, PoolConfig], str]:
    """Words of those that the venue sets."""

    def words(instrument: Instrument, _config: PoolConfig) -> str:
        taken = limit_texts(instrument.limits, instrument.lot_size)
        return ", ".join(_named(taken, name) for name in names if getattr(taken, name))

    return words


def _named(taken: LimitTexts, name: str) -> str:
    return f"{name} {plain(Decimal(getattr(taken, name)))}"


def _least(instrument: Instrument, _config: PoolConfig) -> str:
    return f"min_notional {plain(instrument.min_notional)}, lot {plain(instrument.lot_size)}"


def _order_value(_instrument: Instrument, config: PoolConfig) -> str:
    own = config.max_order_value_usdt
    if own:
        return f"max_order_value_usdt {plain(own)}"
    return f"twice order_size_usdt: {plain(2 * config.order_size_usdt)}"


def _collar(_instrument: Instrument, config: PoolConfig) -> str:
    return f"price_collar_bps {plain(config.price_collar_bps)}"


def _position(_instrument: Instrument, config: PoolConfig) -> str:
    return f"max_pool_position_usdt {plain(config.max_pool_position_usdt)}"


_LARGEST = _venues("max_size", "max_notional")
_WORDS: Final[dict[Reason, Callable[[Instrument, PoolConfig], str]]] = {
    Reason.LARGEST_SIZE: _LARGEST,
    Reason.MAX_SIZE: _LARGEST,
    Reason.MIN_SIZE: _venues("min_size"),
    Reason.PRICE_BAND: _venues("price_band_up", "price_band_down"),
    Reason.OPEN_ORDERS: _venues("max_open_orders"),
    Reason.MIN_NOTIONAL: _least,
    Reason.ORDER_VALUE: _order_value,
    Reason.PRICE_COLLAR: _collar,
    Reason.POSITION_LIMIT: _position,
    Reason.WORST_CASE: _position,
}
