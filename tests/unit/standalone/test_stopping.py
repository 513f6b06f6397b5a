"""A second signal skips nothing."""

import pytest

from market_maker.standalone.stopping import MakerStop

pytestmark = pytest.mark.anyio


async def test_the_first_reason_counts_and_a_second_signal_skips_nothing():
    heard = []
    stop = MakerStop(heard.append)
    assert not await stop.wait(0)
    stop.ask("SIGINT")
    stop.ask("SIGTERM")
    assert await stop.wait()
    assert (stop.reason, stop.asked, stop.is_set) == ("SIGINT", True, True)
    assert heard == ["SIGTERM again: the cancels go on and are not skipped"]


async def test_an_end_by_itself_was_not_asked_for():
    stop = MakerStop()
    stop.end("kill switch")
    assert (stop.reason, stop.asked) == ("kill switch", False)
