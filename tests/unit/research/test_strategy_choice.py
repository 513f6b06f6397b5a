"""A pool with another strategy."""

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.research.replay import default_config
from market_maker.research.strategy_choice import with_strategy


def test_another_strategy_starts_with_parameters_of_its_own():
    config = default_config("BTCUSDT")
    symmetric = with_strategy(config, "symmetric")
    assert symmetric.strategy_params == {"half_spread_bps": 5.0}
    assert with_strategy(symmetric, "avellaneda_stoikov") == config
    assert with_strategy(config, config.strategy) is config
    with pytest.raises(InvalidFieldError, match=r"strategy: 'magic'.*symmetric"):
        with_strategy(config, "magic")
