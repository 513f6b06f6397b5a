"""Sizes stay within what the account, the venue and open interest allow."""

from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.standalone.settings import MakerSettings
from market_maker.standalone.sizing import Capacity, differs, sized

MARK = Decimal(100_000)
RICH = Capacity(Decimal(100_000), 20, MARK)


def test_what_is_asked_for_is_had_where_the_account_allows_it():
    size = sized(MakerSettings(), RICH)
    assert (size.position_value, size.side_value, size.levels) == (5_000, 1_000, 5)
    assert size.notes == ()


def test_a_position_is_worth_at_most_half_of_equity_times_leverage():
    size = sized(MakerSettings(), Capacity(Decimal(100), 20, MARK))
    assert size.position_value == 1_000
    assert size.side_value == 400
    assert any("equity" in note for note in size.notes)


def test_a_side_offers_at_most_two_fifths_of_the_position():
    settings = MakerSettings(target_liquidity=Decimal("0.05"))
    size = sized(settings, RICH)
    assert size.side_value == Decimal("0.4") * size.position_value


def test_the_kill_switch_bounds_the_position():
    settings = MakerSettings(max_position=Decimal(1))
    assert sized(settings, RICH).position_value == 10_000


def test_sizes_shrink_as_open_interest_nears_its_cap():
    near = Capacity(Decimal(100_000), 20, MARK, Decimal("0.5"))
    size = sized(MakerSettings(), near)
    assert size.side_value == 500
    assert any("open interest" in note for note in size.notes)


def test_levels_are_fewer_where_each_would_be_below_the_minimum():
    size = sized(MakerSettings(target_liquidity=Decimal("0.0004")), RICH)
    assert size.levels == 3
    assert any("levels 5 -> 3" in note for note in size.notes)


def test_what_is_too_little_for_one_order_is_refused_in_one_line():
    with pytest.raises(InvalidDataError, match="no order below 10"):
        sized(MakerSettings(), Capacity(Decimal(1), 1, MARK))


def test_a_strategy_without_a_ladder_has_one_level():
    assert sized(MakerSettings(strategy_type="glft"), RICH).levels == 1


def test_small_moves_are_no_difference():
    before = sized(MakerSettings(), RICH)
    small = sized(MakerSettings(), Capacity(Decimal(100_000), 20, MARK * Decimal("1.01")))
    large = sized(MakerSettings(), Capacity(Decimal(100_000), 20, MARK * Decimal("1.2")))
    assert not differs(before, small, Decimal("0.05"))
    assert differs(before, large, Decimal("0.05"))
    fewer = sized(MakerSettings(num_levels=4), RICH)
    assert differs(before, fewer, Decimal("0.05"))
