"""A configuration in the engine's own units."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.engine.terms import terms_of
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import ContractKind, Instrument
from tests.unit.engine.desk import INSTRUMENT, THREE, pool


def test_money_becomes_ticks_times_lots_and_spans_nanoseconds():
    terms = terms_of(INSTRUMENT, pool(quote_interval_ms=250, order_size_usdt=500))
    assert terms.interval_ns == 250 * 10**6
    assert INSTRUMENT.notional(1, 1) * terms.size_value == 500
    assert terms.room_value < terms.position_value
    assert terms.price_grid is None


def test_an_unchecked_staleness_is_no_span():
    assert terms_of(INSTRUMENT, pool(check_staleness=False)).stale_ns == 0


def test_weights_are_shares_of_the_whole():
    assert sum(terms_of(INSTRUMENT, pool(members=THREE)).weights.values()) == 1


def test_what_the_engine_cannot_count_is_refused_by_its_field():
    inverse = replace(INSTRUMENT, contract=ContractKind.INVERSE, contract_value=Decimal(1))
    with pytest.raises(InvalidFieldError, match="symbol"):
        terms_of(inverse, pool())
    coarse = Instrument("X", Decimal("0.1"), Decimal(10**9))
    with pytest.raises(InvalidFieldError, match="max_pool_position_usdt"):
        terms_of(coarse, pool())
