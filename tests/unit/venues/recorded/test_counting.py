"""What is counted while a capture is read."""

from market_maker.venues.recorded.counting import (
    SAMPLE_LENGTH_MAX,
    SAMPLES_MAX,
    CaptureCounts,
)


def test_a_remark_is_kept_once():
    counts = CaptureCounts()
    counts.remark("no trades")
    counts.remark("no trades")
    assert counts.remarks == ["no trades"]
    assert CaptureCounts().remarks == []


def test_the_first_samples_of_malformed_lines_are_kept_and_all_are_counted():
    counts = CaptureCounts()
    for number in range(SAMPLES_MAX + 5):
        counts.see_malformed(f"line {number}", "x" * 1_000)
    assert counts.malformed == SAMPLES_MAX + 5
    assert len(counts.samples) == SAMPLES_MAX
    assert {len(sample) for sample in counts.samples} == {SAMPLE_LENGTH_MAX}


def test_other_symbols_are_those_that_messages_name():
    counts = CaptureCounts()
    counts.left_out.update(["trade of ETHUSDT", "depth of ETHUSDT", "depth of SOLUSDT", "pong"])
    assert counts.of_others() == {"ETHUSDT", "SOLUSDT"}
