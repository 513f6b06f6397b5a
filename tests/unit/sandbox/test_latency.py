"""What is sent arrives in its order, within base and jitter."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.sandbox.latency import Channel, Latency


@given(st.lists(st.integers(0, 50), max_size=50), st.integers(0, 20), st.integers(0, 30))
def test_nothing_overtakes_and_nothing_comes_before_its_base(gaps, base, jitter):
    channel, sent, last = Channel(base, jitter, Random(1)), 0, 0
    for gap in gaps:
        sent += gap
        arrived = channel.arrival(sent)
        assert arrived >= max(last, sent + base)
        assert arrived <= max(last, sent + base + jitter)
        last = arrived


def test_a_latency_below_zero_is_refused_by_its_name():
    with pytest.raises(InvalidFieldError, match="feed_jitter"):
        Latency(feed_jitter=-1)
