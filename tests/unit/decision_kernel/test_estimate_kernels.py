"""Sizes of the kernel are those of a ladder."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.decision_kernel.estimate_kernels import resize as part
from market_maker.decision_kernel.estimate_layout import SMART_TERMS
from market_maker.engine.ladder import Ladder
from market_maker.quoting.shape import Shape
from market_maker.quoting.view import Distances
from tests.support.kernels import alone

pytestmark = pytest.mark.thorough

resize = alone(part)

factors = st.sampled_from([5e-324, 0.1, 0.3, 0.9, 1.0, 1.1, 1.3, 2.0])


@given(st.lists(factors, min_size=1, max_size=12), st.integers(1, 10**12))
def test_sizes_stay_and_change_as_those_of_a_ladder(drawn, size_value):
    sizes = np.array([1.0, 0.7, 2.0])
    smart = np.zeros(1, SMART_TERMS)[0]
    smart["size_value"], smart["sizes"] = size_value, sizes.ctypes.data
    terms = SimpleNamespace(
        min_spread_bps=1.0,
        max_spread_bps=9.0,
        threshold_bps=1.0,
        one_sided_bps=0.0,
        shape=Shape((0.0, 1.0, 2.0), tuple(sizes.tolist())),
        price_grid=None,
        size_value=size_value,
    )
    ladder, values = Ladder(), np.zeros(3, np.int64)
    for number, factor in enumerate(drawn):
        ladder.aim(Distances(2.0, 2.0, factor, 1.0), terms)
        resize(values, smart, 3, factor, number == 0)
        assert values.tolist() == ladder.size_values[0]
