"""Sums over fills are exact and have every column."""

from decimal import Decimal

import pytest

from market_maker.accounting.window import funding_sum, totals
from tests.contract.store.money_rows import activity


def test_rows_are_added_column_by_column():
    rows = [activity(realised=Decimal(3)), activity(realised=Decimal(-1), fees=Decimal("0.5"))]
    summed = totals(rows)
    assert (summed.fills, summed.realised_usdt) == (2, 2)
    assert summed.fees_usdt == sum(row.fees for row in rows)
    assert summed.net_usdt == summed.realised_usdt - summed.fees_usdt
    assert totals([]).net_usdt == 0


@pytest.mark.parametrize("amounts", [[], ["0.1", "0.2", "-0.3"]])
def test_funding_is_added_to_the_last_digit(amounts):
    assert funding_sum(map(Decimal, amounts)) == 0
