"""Live against simulation on a terminal."""

import io

import pytest
from rich.console import Console

from market_maker.cli.parity_table import print_parity
from market_maker.research.live_stretch import lived
from market_maker.research.parity import parity
from market_maker.research.parity_result import result_of
from tests.support.lived import Lived, other
from tests.toy_market import INSTRUMENT


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    home = Lived(tmp_path_factory.mktemp("data")).go().done()
    found = lived(home, INSTRUMENT.symbol, None, None)
    return result_of(found, parity(found.longest, other(maker_rate=0), lambda _done: None))


def test_every_part_side_and_limit_is_shown(result):
    file = io.StringIO()
    print_parity(result, Console(file=file, width=300))
    said = file.getvalue()
    for part in result.parts:
        assert part.cause in said
        assert part.pnl in said
    for side in (result.live, result.simulated):
        assert side.net_pnl in said
    for text in result.limits:
        assert text in said
    assert "7.000 ms, 7.000 ms" in said
