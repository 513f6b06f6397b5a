"""market-making-config.yaml as the document writes it, and refusals that name their place."""

from decimal import Decimal

import pytest

from market_maker.model.errors import DomainError
from market_maker.operations.maker_defaults import (
    FILE_NAME,
    MakerDefaults,
    load_maker_defaults,
    pool_fields,
)

DOCUMENTED = """\
# market-making-config.yaml
market_making:
  base_spread: 0.002
  volatility_multiplier: 2.0
  inventory_sensitivity: 0.0005
  update_frequency: 1
risk_limits:
  max_position: 100.0
  max_loss: -500.0
  max_drawdown: -0.1
  max_exposure: 0.2
inventory:
  target_inventory: 0.0
  max_inventory: 100.0
  rebalance_threshold: 10.0
pricing:
  pressure_threshold: 0.1
  adjustment_speed: 0.001
  emergency_multiplier: 3.0
"""


def loaded(folder, text):
    (folder / FILE_NAME).write_text(text)
    return load_maker_defaults(folder)


def test_the_documents_own_file_is_the_documented_defaults(tmp_path):
    assert load_maker_defaults(tmp_path) is None
    assert loaded(tmp_path, DOCUMENTED) == MakerDefaults()


def test_what_the_file_says_counts_and_the_rest_is_as_documented(tmp_path):
    found = loaded(tmp_path, "risk_limits:\n  max_loss: -250.5  # a comment\n")
    assert found == MakerDefaults(max_loss=Decimal("-250.5"))


def test_fractions_become_the_pools_units():
    fields = pool_fields(MakerDefaults(update_frequency=Decimal(4), max_drawdown=Decimal("-0.2")))
    assert fields["quote_interval_ms"] == 250
    assert fields["max_drawdown_pct"] == 20
    assert fields["rebalance_threshold_pct"] == 10
    assert fields["strategy_params"]["adjustment_speed_bps"] == 10.0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("risk_limits:\n  max_loss: lots\n", "line 2"),
        ("risk_limits:\n  max_lost: -1\n", "max_lost"),
        ("limits:\n  max_loss: -1\n", "limits"),
        ("  max_loss: -1\n", "line 1"),
        ("risk_limits:\n  max_loss: -1\n  max_loss: -2\n", "line 3"),
        ("risk_limits:\n  max_loss: 500\n", "max_loss"),
        ("market_making:\n  update_frequency: 0\n", "update_frequency"),
        ("inventory:\n  target_inventory: 200\n", "target_inventory"),
        ("market_making: {base_spread: 0.1}\n", "line 1"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(tmp_path, text, named):
    with pytest.raises(DomainError, match=named):
        loaded(tmp_path, text)
