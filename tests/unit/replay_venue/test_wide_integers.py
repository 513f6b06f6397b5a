"""Wide integers in records, as Python writes and reads them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.replay_venue.compiled import layout
from market_maker.replay_venue.wide_integers import Wide, put_wide, wide, wide_of

BITS = 127
"""Without the sign."""


class Held:
    """One of them, with a neighbour."""

    much: Wide
    more: Wide


HELD = layout(Held)


@given(st.integers(-(2**BITS), 2**BITS - 1), st.integers(-(2**BITS), 2**BITS - 1))
def test_what_is_put_in_is_read_again(much, more):
    record = np.zeros(1, HELD)[0]
    put_wide(record, "much", much)
    put_wide(record, "more", more)
    assert (wide_of(record, "much"), wide_of(record, "more")) == (much, more)
    assert wide(much) == much


@pytest.mark.parametrize("value", [2**BITS, -(2**BITS) - 1])
def test_what_two_words_do_not_hold_is_refused_where_it_is_put_in(value):
    with pytest.raises(OverflowError):
        put_wide(np.zeros(1, HELD)[0], "much", value)
