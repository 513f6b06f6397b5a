from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting.registry import KINDS, STRATEGIES, innermost, shape, strategy
from market_maker.quoting.strategy import Need
from tests.unit.engine.desk import pool


def test_the_default_strategy_exists():
    assert PoolConfig(symbol="X").strategy in STRATEGIES


def test_an_unknown_strategy_is_refused_with_the_names_of_all():
    with pytest.raises(InvalidFieldError) as caught:
        strategy(PoolConfig(symbol="X", strategy="telepathy"))
    assert caught.value.field == "strategy"
    assert [name for name in STRATEGIES if name not in caught.value.allowed] == []


def test_levels_that_overlap_are_refused():
    with pytest.raises(InvalidFieldError, match="overlap") as caught:
        shape(PoolConfig(symbol="X", num_levels=2, level_spacing_bps=Decimal(0)))
    assert caught.value.field == "level_spacing_bps"
    assert shape(PoolConfig(symbol="X", level_spacing_bps=Decimal(0))).offsets_bps == (0.0,)


def test_what_a_strategy_needs_stands_with_it_also_inside_a_ladder():
    smart = pool(strategy="smart")
    around = pool(strategy="ladder", strategy_params={"around": "smart"})
    assert innermost(around) is innermost(smart) is KINDS["smart"]
    assert innermost(pool(strategy="ladder")) is KINDS["avellaneda_stoikov"]
    assert innermost(smart).needs == {Need.DEPTH, Need.FLOW}


def test_a_name_that_is_no_strategy_is_named_with_those_there_are():
    with pytest.raises(InvalidFieldError, match="avellaneda_stoikov"):
        innermost(pool(strategy="hope"))
    inside = {"around": "ladder"}
    with pytest.raises(InvalidFieldError, match=r"strategy_params\.around"):
        innermost(pool(strategy="ladder", strategy_params=inside))
