import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from market_maker.decision_kernel.guard_kernels import fills_since as part
from market_maker.model.units import RATE_SCALE
from market_maker.replay_venue.compiled import entry
from market_maker.risk.guards import share_of
from tests.support.kernels import alone

fills_since = alone(part)


@entry
def kernels_share(part, whole):
    """As a kernel calls it."""
    return share_of(part, whole)


MONEY = st.integers(0, 2**57)


@given(MONEY, st.integers(10**8, 2**57))
def test_a_share_is_exact_in_whole_numbers_and_in_64_bits(part, whole):
    exact = part * RATE_SCALE // whole
    assert share_of(part, whole) == exact
    assert kernels_share(part, whole) == exact


@given(st.lists(st.integers(0, 5), max_size=12), st.integers(1, 5), st.integers(-1, 40))
def test_fills_are_counted_as_far_back_as_the_window_and_the_ring_reach(gaps, kept, since):
    times = np.cumsum(gaps).tolist()
    ring = np.zeros(kept, np.int64)
    for number, time in enumerate(times):
        ring[number % kept] = time
    expected = sum(time > since for time in times[-kept:])
    assert fills_since(ring, kept, len(times), since) == expected
