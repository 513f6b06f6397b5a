"""Positions from stored fills whose grids differ, against sums of fractions."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.execution.stored_ledger import stored_positions
from market_maker.model.errors import InvalidDataError
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Side
from market_maker.model.units import VALUE_SCALE
from tests.builders import fill
from tests.support.office import SYMBOL

pytestmark = pytest.mark.anyio

GRIDS = [("0.1", "0.001"), ("0.05", "0.001"), ("1", "0.002"), ("0.25", "0.0005"), ("0.1", "0.003")]


@dataclass
class Stored:
    """What a store says of one symbol, page by page."""

    rows: list
    payments: list
    page_size: int = 3

    @property
    def fills(self):
        return SimpleNamespace(ledger=self._page_of(self.rows))

    @property
    def funding(self):
        return SimpleNamespace(page=self._page_of(self.payments))

    def _page_of(self, rows):
        async def page(_criteria, _limit, cursor=None):
            first = int(cursor or 0)
            last = first + self.page_size
            more = str(last) if last < len(rows) else None
            return SimpleNamespace(items=rows[first:last], next_cursor=more)

        return page


def made(number, grid, side, price, size, fee=0, name="acme"):
    tick, lot = map(Decimal, GRIDS[grid])
    return fill(
        number,
        side=Side.BUY if side > 0 else Side.SELL,
        price=price,
        size=size,
        fee=fee,
        tick_size=tick,
        lot_size=lot,
        participant_id=name,
    )


async def taken(rows, grid, payments=()):
    today = Instrument(SYMBOL, *map(Decimal, GRIDS[grid]))
    return today, await stored_positions(Stored(rows, list(payments)), today)


FILL = st.tuples(
    st.integers(0, len(GRIDS) - 1),
    st.sampled_from([-1, 1]),
    st.integers(1, 10**6),
    st.integers(1, 10**4),
    st.integers(-(10**9), 10**9),
    st.sampled_from(["acme", "beta"]),
)


@given(st.lists(FILL, max_size=12), st.integers(0, len(GRIDS) - 1))
async def test_fills_of_any_grids_make_the_sums_of_fractions(fills, grid):
    rows = [made(number, *each) for number, each in enumerate(fills, 1)]
    held, cash, fees = {}, Fraction(0), Fraction(0)
    for row in rows:
        tick, lot = Fraction(row.tick_size), Fraction(row.lot_size)
        worth = row.price * tick * row.size * lot
        cash -= row.side.sign * worth
        fees += Fraction(row.fee, VALUE_SCALE) * tick * lot
        name = row.participant_id
        held[name] = held.get(name, Fraction(0)) + row.side.sign * row.size * lot
    lot = Fraction(GRIDS[grid][1])
    if any((each / lot).denominator != 1 for each in held.values()):
        with pytest.raises(InvalidDataError, match="no whole number of the lots"):
            await taken(rows, grid)
        return
    today, stored = await taken(rows, grid)
    unit = Fraction(today.tick_size) * Fraction(today.lot_size) / VALUE_SCALE
    assert {name: each.lots * lot for name, each in stored.members.items()} == held
    assert stored.pool.lots * lot == sum(held.values())
    assert abs(stored.pool.cash * unit - cash) <= unit / 2
    assert abs(stored.pool.fees * unit - fees) <= unit / 2
    sign = 1 if stored.pool.lots >= 0 else -1
    assert stored.pool.realised == stored.pool.cash + sign * stored.pool.cost


async def test_a_fill_between_two_ticks_of_today_keeps_its_price():
    """It kept its pool from being enabled."""
    rows = [made(1, 0, 1, 1_003, 5, fee=-7), made(2, 0, -1, 1_009, 5)]
    today, stored = await taken(rows, 2)
    assert stored.pool.lots == 0
    assert today.money(stored.pool.realised) == Decimal("0.003")


async def test_a_fee_of_another_grid_is_the_money_that_was_paid():
    """It was taken for as many units of the new grid."""
    paid = 3 * VALUE_SCALE
    rows = [made(1, 0, 1, 1_000, 6, fee=paid), made(2, 0, -1, 1_000, 6)]
    before = Instrument(SYMBOL, *map(Decimal, GRIDS[0])).money(paid)
    today, stored = await taken(rows, 1)
    assert today.money(stored.pool.fees) == before


async def test_funding_is_taken_in_money():
    rows = [made(1, 0, 1, 1_003, 6), made(2, 2, 1, 100, 2), made(3, 0, -1, 1_000, 10)]
    paid = SimpleNamespace(amount=Decimal("-0.12345"), participant_id="acme", ts_event=9)
    today, stored = await taken(rows, 2, [paid])
    assert today.money(stored.pool.funding) == Decimal("-0.12345")
    assert stored.funded_at == 9


async def test_a_position_that_no_whole_number_of_lots_makes_is_named_with_whose_it_is():
    with pytest.raises(InvalidDataError, match=f"position of .*{SYMBOL}.*0.005.*0.002"):
        await taken([made(1, 0, 1, 1_000, 5)], 2)


async def test_on_one_grid_nothing_is_converted():
    rows = [made(1, 0, 1, 1_000, 5, fee=11), made(2, 0, -1, 1_001, 3, fee=-4)]
    _, stored = await taken(rows, 0)
    assert (stored.pool.lots, stored.pool.fees, stored.last_trade_id) == (2, 7, 2)
