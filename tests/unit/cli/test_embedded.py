"""How long a led service goes on."""

import pytest

from market_maker.cli.embedded import Patience, checked_seconds
from market_maker.model.errors import InvalidFieldError

pytestmark = pytest.mark.anyio


async def test_it_lasts_until_its_seconds_are_over():
    patience = Patience(0.02)
    patience.begin()
    assert not await patience.lasts(60)
    assert patience.reason == "time is up"
    assert patience.left_s == 0


async def test_the_source_of_a_stop_is_the_reason_and_waiting_ends_at_once():
    patience = Patience(None)
    patience.begin()
    assert await patience.lasts(0)
    patience.stop("Ctrl-C")
    patience.stop("SIGTERM")
    assert not await patience.lasts(60)
    assert (patience.reason, patience.left_s) == ("Ctrl-C", None)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), 1e9])
def test_a_span_that_makes_no_sense_is_refused(seconds):
    with pytest.raises(InvalidFieldError, match="seconds"):
        checked_seconds(seconds)
