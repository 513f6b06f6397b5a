"""A pool's sizes and limits, which are in USDT, in the currency that a recording is priced in."""

from decimal import Decimal

import msgspec

from market_maker.model.currencies import DOLLARS, quote_of_symbol
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.pool import Member, PoolConfig

_IN_USDT = "_usdt"


def in_quote_currency(
    config: PoolConfig, instrument: Instrument, rate: Decimal | None
) -> PoolConfig:
    """`config` with every amount in the instrument's quote currency, of which one is `rate` USDT.

    Without a rate it is left as it is, which is right where the quote currency is a dollar. Raises
    InvalidFieldError where it is another one and no rate is given, or for a rate that is none.
    """
    quote = instrument.quote_currency or quote_of_symbol(instrument.symbol)
    if rate is None:
        if quote and quote not in DOLLARS:
            allowed = (
                f"the price of 1 {quote} in USDT: {instrument.symbol} is priced in {quote}, and "
                "sizes and limits are in USDT"
            )
            raise InvalidFieldError("quote_rate", None, allowed)
        return config
    if not rate.is_finite() or rate <= 0:
        raise InvalidFieldError("quote_rate", rate, "USDT for one of the quote currency, above 0")
    members = tuple(
        msgspec.structs.replace(member, **_converted(member, rate)) for member in config.members
    )
    return msgspec.structs.replace(config, members=members, **_converted(config, rate))


def _converted(amounts: PoolConfig | Member, rate: Decimal) -> dict[str, Decimal]:
    names = [name for name in amounts.__struct_fields__ if name.endswith(_IN_USDT)]
    return {name: getattr(amounts, name) / rate for name in names}
