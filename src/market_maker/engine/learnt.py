"""What an engine has learnt of its symbol's market, apart from the book itself: handed to the
engine that follows it."""

from msgspec import Struct

from market_maker.engine.estimates import Estimates
from market_maker.estimators.fair_price import Microprice
from market_maker.estimators.volatility import (
    EwmaVolatility,
    LongRunVolatility,
    RealisedVolatility,
)


class Learnt(Struct, frozen=True):
    """The estimators of one market, with all that they have seen. estimates: None where the
    configuration needs none beside volatility and fair."""

    volatility: RealisedVolatility | EwmaVolatility
    long_run: LongRunVolatility
    microprice: Microprice
    estimates: Estimates | None
