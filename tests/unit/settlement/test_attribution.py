from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from market_maker.model.calendar import hour_of
from market_maker.model.orders import Side
from market_maker.settlement.attribution import (
    activity_of_fill,
    activity_of_marks,
    attribution,
    fill_parts,
)
from market_maker.settlement.average_cost import FLAT
from market_maker.settlement.posting import fill_entry, held_after
from tests.builders import fill_marks
from tests.reference.openings import unrealised
from tests.unit.settlement.facts import OCTOBER, TICK, fill

MARKS = fill_marks(
    fill(),
    after_1s=Decimal("100000.1"),
    after_30s=Decimal(100_000),
    after_60s=Decimal("99999.95"),
)


def test_a_fill_is_edge_and_what_the_market_took_back():
    parts = fill_parts(fill(), MARKS)
    assert parts.mid == Decimal("100000.05")
    assert parts.edge == Decimal("0.0005")
    assert (parts.markout_1s, parts.markout_5s) == (Decimal("0.001"), None)
    assert (parts.markout_30s, parts.markout_60s) == (0, Decimal("-0.0005"))
    assert parts.adverse == Decimal("0.001")
    sold = fill_parts(fill(side=Side.SELL), MARKS)
    assert (sold.edge, sold.adverse) == (Decimal("-0.0005"), Decimal("-0.001"))


def test_a_fill_without_a_mid_or_without_its_mids_later_is_half_known():
    blind = fill_parts(fill(mid_x2=0), MARKS)
    assert (blind.mid, blind.edge, blind.adverse) == (None, None, None)
    early = fill_parts(fill(), None)
    assert early.edge == Decimal("0.0005")
    assert early.adverse is early.markout_60s is None
    assert fill_parts(fill(), structs.replace(MARKS, after_60s=None)).adverse is None


def test_an_hour_has_what_its_fills_and_their_later_mids_add():
    row = fill(ts_event=OCTOBER.start + 5, fee=300_000_000)
    first = activity_of_fill(row, Decimal(3), 7)
    assert (first.hour, first.config_version) == (hour_of(row.ts_event), 7)
    assert (first.fills, first.priced, first.marked) == (1, 1, 0)
    assert (first.volume_base, first.volume_quote) == (Decimal("0.01"), Decimal(1000))
    assert (first.fees, first.realised, first.edge, first.adverse) == (
        Decimal("0.0003"),
        3,
        Decimal("0.0005"),
        0,
    )
    later = activity_of_marks(row, MARKS, 7)
    assert (later.fills, later.priced, later.marked) == (0, 0, 1)
    assert (later.adverse, later.edge, later.volume_base) == (Decimal("0.001"), 0, 0)
    blind = activity_of_fill(structs.replace(row, mid_x2=0), Decimal(0), 7)
    assert (blind.priced, blind.edge) == (0, 0)
    assert activity_of_marks(structs.replace(row, mid_x2=0), MARKS, 7).marked == 0


LIVES = st.lists(
    st.tuples(
        st.sampled_from(list(Side)),
        st.integers(900, 1100),
        st.integers(1, 500),
        st.integers(-(10**10), 10**10),
        st.one_of(st.just(0), st.integers(1800, 2200)),
        st.one_of(st.none(), st.integers(1800, 2200)),
    ),
    min_size=1,
    max_size=30,
)
MIDS = st.integers(1800, 2200)
WINDOW = st.tuples(st.integers(0, 30), MIDS, MIDS, st.integers(-(10**6), 10**6))


@pytest.mark.thorough
@given(LIVES, WINDOW)
def test_every_window_is_explained_exactly(life, window):
    """Against the definition, fill by fill: a fill's value moves from its price to the mid of its
    moment (edge), from there to the mid a minute later (adverse), from there to the end of the
    window (inventory); what was held at the start moves from the start's mid to the end's."""
    start, mid_start, mid_end, paid = window
    held = opening = FLAT
    inventory = cash = Fraction(0)
    sums = []
    end = mid_end * Fraction(TICK) / 2
    for number, (side, price, size, fee, mid_x2, after) in enumerate(life):
        row = fill(side=side, price=price, size=size, fee=fee, mid_x2=mid_x2)
        entry = fill_entry(row, held, 0)
        held = held_after(entry)
        if number < start:
            opening = held
            continue
        marks = structs.replace(MARKS, after_60s=None if after is None else after * TICK / 2)
        parts = fill_parts(row, marks)
        sums += [activity_of_fill(row, -entry.realised, 1), activity_of_marks(row, marks, 1)]
        cash += Fraction(entry.cash)
        known = parts.price if parts.mid is None else parts.mid
        known = known if parts.adverse is None else marks.after_60s
        inventory += Fraction(entry.quantity) * (end - Fraction(known))
    inventory += Fraction(opening.position) * (mid_end - mid_start) * Fraction(TICK) / 2
    funding = Decimal(paid) / 1000
    change = unrealised(held, mid_end * TICK / 2) - unrealised(opening, mid_start * TICK / 2)
    seen = attribution(
        realised=sum(each.realised for each in sums),
        unrealised_change=change,
        edge=sum(each.edge for each in sums),
        adverse=sum(each.adverse for each in sums),
        fees=sum(each.fees for each in sums),
        funding=funding,
    )
    assert Fraction(seen.inventory) == inventory
    worth = Fraction(held.position) * end
    worth -= Fraction(opening.position) * mid_start * Fraction(TICK) / 2
    assert Fraction(seen.equity_change) == cash + worth + Fraction(funding)
    explained = seen.edge - seen.adverse + seen.inventory - seen.fees + seen.funding
    assert explained == seen.equity_change
