"""Durations are counted in the bucket whose upper bound holds them."""

from hypothesis import given
from hypothesis import strategies as st

from market_maker.telemetry.histogram import LAG, SHORT, TURN, Histogram


@given(st.lists(st.integers(0, 10**10), max_size=50), st.sampled_from([SHORT, TURN, LAG]))
def test_every_duration_is_counted_once(durations, bounds):
    histogram = Histogram(bounds)
    for nanos in durations:
        histogram.observe(nanos)
    assert sum(histogram.counts) == len(durations)
    assert histogram.total == sum(durations)
    assert histogram.counts[0] == sum(nanos <= bounds[0] for nanos in durations)
    assert histogram.counts[-1] == sum(nanos > bounds[-1] for nanos in durations)


def test_labels_are_seconds_and_end_with_infinity():
    assert Histogram((25_000, 10**9)).labels == ("2.5e-05", "1.0", "+Inf")
