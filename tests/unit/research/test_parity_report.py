"""The page about live against simulation."""

from market_maker.research.live_stretch import lived
from market_maker.research.parity import parity
from market_maker.research.parity_report import render_parity
from market_maker.research.parity_result import result_of
from tests.support.lived import Lived, other
from tests.toy_market import INSTRUMENT


def test_the_page_has_the_parts_both_sides_and_the_limits(tmp_path):
    home = Lived(tmp_path).go().done()
    found = lived(home, INSTRUMENT.symbol, None, None)
    made = parity(found.longest, other(maker_rate=0), lambda _done: None)
    result = result_of(found, made)
    page = render_parity(made, result)
    assert page == render_parity(made, result)
    assert "Live against simulation of TOYUSDT" in page
    for text in ("What the gap is made of", "fills and decisions", "Both sides", *result.limits):
        assert text.replace("'", "&#x27;") in page
    assert 'data-chart="0"' in page
    assert "http" not in page.split("<main>")[1].split("</main>")[0]
