"""The sandbox lists five instruments, each once and by symbol."""

import pytest

from market_maker.model.errors import NotFoundError
from market_maker.sandbox.listings import LISTINGS, listing


def test_a_tick_is_at_most_half_a_basis_point():
    for each in LISTINGS:
        assert float(each.instrument.tick_size) / each.parameters.start_price <= 0.5e-4


def test_each_is_found_by_its_symbol_and_no_other():
    symbols = [each.instrument.symbol for each in LISTINGS]
    assert symbols == sorted(set(symbols))
    assert [listing(symbol) for symbol in symbols] == list(LISTINGS)
    with pytest.raises(NotFoundError, match="NOPE"):
        listing("NOPE")
