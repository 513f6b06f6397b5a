from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument_limits import (
    BAND_RATE_MAX,
    NO_LIMITS,
    InstrumentLimits,
    LimitTexts,
    limit_texts,
)
from market_maker.model.units import RATE_SCALE

LOT = Decimal("0.001")


def test_sizes_between_two_lots_are_never_taken_for_more_than_the_venue_takes():
    counted = LimitTexts(min_size=Decimal("0.0021"), max_size=Decimal("9.9999")).counted(LOT)
    assert (counted.min_lots, counted.max_lots) == (3, 9_999)


def test_bands_are_rates_that_are_never_rounded_to_none():
    texts = LimitTexts(price_band_up=Decimal("0.05"), price_band_down=Decimal("1e-12"))
    counted = texts.counted(LOT)
    assert (counted.band_up_rate, counted.band_down_rate) == (RATE_SCALE // 20, 1)
    wide = LimitTexts(price_band_up=Decimal(10_000)).counted(LOT)
    assert wide.band_up_rate == BAND_RATE_MAX


def test_nothing_said_is_no_limit():
    assert LimitTexts().counted(LOT) == NO_LIMITS == InstrumentLimits()


@given(
    st.builds(
        InstrumentLimits,
        min_lots=st.integers(0, 50),
        max_lots=st.just(0) | st.integers(50, 10**9),
        max_notional=st.decimals("0", "1e9", places=2),
        band_up_rate=st.integers(0, BAND_RATE_MAX),
        band_down_rate=st.integers(0, RATE_SCALE),
        max_open_orders=st.integers(0, 10**6),
    )
)
def test_limits_written_out_are_read_as_they_were(limits):
    assert limit_texts(limits, LOT).counted(LOT) == limits


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"min_size": Decimal(-1)}, "min_size"),
        ({"max_size": Decimal("NaN")}, "max_size"),
        ({"max_size": Decimal("0.0001")}, "max_size"),
        ({"min_size": Decimal(2), "max_size": Decimal(1)}, "max_lots"),
        ({"max_notional": Decimal(-1)}, "max_notional"),
        ({"price_band_up": Decimal("-0.1")}, "price_band_up"),
        ({"max_open_orders": -1}, "max_open_orders"),
    ],
)
def test_what_no_venue_can_mean_is_refused(texts, field):
    with pytest.raises(InvalidFieldError, match=field):
        LimitTexts(**texts).counted(LOT)


def test_a_rate_out_of_bounds_is_refused():
    with pytest.raises(InvalidFieldError, match="band_down_rate"):
        InstrumentLimits(band_down_rate=BAND_RATE_MAX + 1)
