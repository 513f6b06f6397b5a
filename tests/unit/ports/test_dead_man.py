"""What a venue's silence counts for."""

import pytest

from market_maker.ports.dead_man import VenueSweep


@pytest.mark.parametrize(
    ("seen", "unanswered", "empty"), [(0, 0, True), (1, 0, False), (0, 1, False)]
)
def test_a_book_is_empty_by_the_venues_word_alone(seen, unanswered, empty):
    assert VenueSweep(open=seen, unanswered=unanswered).is_empty is empty
