"""A block that grows is small, and holds what was put into it."""

import sys

from market_maker.model.history import SECOND, decoded_rows, encoded_rows, merged
from market_maker.operations.growing_block import LOOSE_MAX, GrowingBlock
from tests.unit.model.test_history import row


def test_rows_come_back_as_they_were_however_many():
    for count in (0, 1, 2, LOOSE_MAX, LOOSE_MAX + 1, 60):
        rows = tuple(row(second, net=second, position=-second) for second in range(count))
        block = GrowingBlock(rows)
        assert block.rows() == rows
        assert decoded_rows(encoded_rows(block.encoded())) == rows


def test_more_of_the_newest_step_is_merged_into_it():
    block = GrowingBlock([row(0, net=1), row(1, net=5)])
    block.add(row(1, net=-3, fills=2))
    expected = merged(row(1, net=5), row(1, net=-3, fills=2), row(1).ts)
    assert block.rows() == (row(0, net=1), expected)
    assert expected.ts == row(0).ts + SECOND


def test_an_hour_of_rows_takes_no_more_than_a_few_kilobytes():
    block = GrowingBlock(row(second, net=second * 7, position=second) for second in range(60))
    held = sys.getsizeof(block._packed) + sum(map(sys.getsizeof, block._loose))
    assert held < 8_000
    assert len(block._loose) < LOOSE_MAX
