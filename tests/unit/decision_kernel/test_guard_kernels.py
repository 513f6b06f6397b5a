import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from market_maker.decision_kernel.guard_kernels import fills_since as part
from tests.support.kernels import alone

fills_since = alone(part)


@given(st.lists(st.integers(0, 5), max_size=12), st.integers(1, 5), st.integers(-1, 40))
def test_fills_are_counted_as_far_back_as_the_window_and_the_ring_reach(gaps, kept, since):
    times = np.cumsum(gaps).tolist()
    ring = np.zeros(kept, np.int64)
    for number, time in enumerate(times):
        ring[number % kept] = time
    expected = sum(time > since for time in times[-kept:])
    assert fills_since(ring, kept, len(times), since) == expected
