import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting.registry import STRATEGIES, strategy


def test_the_default_strategy_exists():
    assert PoolConfig(symbol="X").strategy in STRATEGIES


def test_an_unknown_strategy_is_refused_with_the_names_of_all():
    with pytest.raises(InvalidFieldError) as caught:
        strategy(PoolConfig(symbol="X", strategy="telepathy"))
    assert caught.value.field == "strategy"
    assert [name for name in STRATEGIES if name not in caught.value.allowed] == []
