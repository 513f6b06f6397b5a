import pytest

from market_maker.research.glft_accuracy import PUBLISHED, accuracy

PRINTED_DIGITS = {"Avellaneda-Stoikov": 1.1e-3, "Hyperliquid": 5e-4}
"""Half a unit of the last printed digit, or four of them: 1e-4."""


def test_every_published_pair_is_reproduced_to_its_printed_digits():
    far = [row for row in accuracy() if row.apart > PRINTED_DIGITS.get(row.formula, 6e-5)]
    assert far == []


def test_every_formula_stands_at_every_position_and_the_exact_ones_agree():
    rows = accuracy()
    formulas = {"exact", "stationary", "closed form", "Avellaneda-Stoikov", "Hyperliquid"}
    for lots in PUBLISHED:
        at = {row.formula: row for row in rows if row.lots == lots}
        assert set(at) == formulas
        assert at["exact"].bid == pytest.approx(at["stationary"].bid, abs=1e-5)
