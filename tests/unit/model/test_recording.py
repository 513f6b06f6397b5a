"""Which parts of a recording are without a book."""

import numpy as np
import pytest

from market_maker.model.recording import RowKind
from tests.captures import make_recording
from tests.toy_market import INSTRUMENT

LATE = 5
"""Of every receipt, ns, after the venue's stamp."""


def recording(*kinds):
    """A row of each kind, 10 ns apart by the venue's clock."""
    rows = [(kind, 100, 1, 10 * n, 10 * n + LATE) for n, kind in enumerate(kinds)]
    return make_recording(rows, instrument=INSTRUMENT)


BID, CLEAR, GAP = RowKind.BID, RowKind.CLEAR, RowKind.GAP


@pytest.mark.parametrize(
    ("kinds", "outages"),
    [
        ((CLEAR, BID, BID), []),
        ((CLEAR, GAP, BID, CLEAR), [[15, 35, 10, 30]]),
        ((CLEAR, GAP, GAP, CLEAR, BID, GAP, CLEAR), [[15, 35, 10, 30], [55, 65, 50, 60]]),
        # Nothing ended the last one: no row of it, not even the last, has a book.
        ((CLEAR, GAP, BID), [[15, 25, 10, 21]]),
    ],
)
def test_an_outage_lasts_from_a_gap_to_the_book_that_begins_anew(kinds, outages):
    made = recording(*kinds)
    assert made.breaks.tolist() == outages
    assert made.outage_ns == sum(back - lost for lost, back, *_ in outages)


def test_a_moment_has_a_book_outside_of_outages_by_the_clock_of_the_venue():
    made = recording(CLEAR, GAP, BID, CLEAR, BID)
    moments = np.array([0, 9, 10, 29, 30, 999])
    assert made.has_book(moments).tolist() == [True, True, False, False, True, True]
