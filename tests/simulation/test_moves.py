"""Symbols that change hands between workers (`python -m tests.simulation.moves` has a thousand)."""

import pytest

from tests.simulation.moves import moved, simulated

AIM_S = 0.5


@pytest.mark.parametrize("workers", [2, 4])
def test_a_symbol_that_moves_quotes_again_in_half_a_second_and_has_one_worker(workers):
    found = simulated(moved(symbols=6, count=workers, moves=8, seed=workers))
    assert len(found.gaps) == 8
    assert max(found.gaps) < AIM_S


def test_with_one_worker_all_quote_and_nothing_moves():
    found = simulated(moved(symbols=3, count=1, moves=8, seed=1))
    assert found.gaps == []
    assert "nowhere to move to" in found.told()
