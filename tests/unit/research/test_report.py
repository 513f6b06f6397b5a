import re
from html.parser import HTMLParser

import msgspec
import pytest

from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.evaluation import evaluate
from market_maker.research.replay import ReplayPlan, replay
from market_maker.research.report import LIMITS, render
from market_maker.research.wording import number, percent, quote_currency, signed
from tests.toy_market import toy_config, toy_recording

VOID = {"meta", "link", "br", "hr", "img", "input"}


class _Checker(HTMLParser):
    """Collects tags and attributes and holds every tag to be closed."""

    def __init__(self):
        super().__init__()
        self.open, self.attributes, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += attrs

    def handle_startendtag(self, _tag, attrs):
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def _evaluate(recording, **settings):
    plan = ReplayPlan(
        recording=recording,
        config=toy_config(),
        exchange=ReplaySettings(**settings),
        step_ns=Nanos(100 * NANOS_PER_MS),
    )
    return evaluate(replay(plan), wall_seconds=1.0)


@pytest.fixture(scope="module")
def evaluation():
    return _evaluate(toy_recording())


@pytest.fixture(scope="module")
def page(evaluation):
    return render(evaluation)


@pytest.fixture(scope="module")
def parsed(page):
    checker = _Checker()
    checker.feed(page)
    return checker


def test_every_tag_is_closed(parsed):
    assert parsed.open == []


def test_no_link_leads_out_of_the_file(page, parsed):
    assert not re.search(r"https?://|//[a-z]|@import|url\(", page)
    assert not [name for name, _ in parsed.attributes if name in {"src", "href", "srcset"}]


def test_the_page_holds_every_part(parsed, evaluation):
    text = " ".join(parsed.text)
    for heading in (
        "Price, quotes and fills",
        "Inventory",
        "PnL by cause",
        "Quoted spread",
        "Markout",
        "Risk and return",
        "Orders, and why we did not quote",
        "Settings as run",
        "Where the data came from",
        "What a replay cannot know",
    ):
        assert heading in text
    for limit in LIMITS:
        assert limit in text
    assert evaluation.result.state_hash in text
    assert evaluation.settings.recording.origin in text
    for name in evaluation.settings.config:
        if name != "members":
            assert name in text


def test_the_same_run_makes_the_same_page(page):
    assert render(_evaluate(toy_recording())) == page


def test_a_run_without_fills_has_a_page():
    page = render(_evaluate(toy_recording(seconds=2)))
    assert "No order was filled" in page
    numbers = page.partition('id="charts">')[2].partition("</script>")[0]
    assert "nan" not in numbers.lower()


def test_what_people_wrote_is_escaped():
    recording = msgspec.structs.replace(toy_recording(seconds=2), origin="<script>x</script>")
    page = render(_evaluate(recording))
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "<script>x" not in page


def test_numbers_are_written_for_people():
    assert number(-1234.5, 1) == "−1,234.5"
    assert number(-0.0001, 2) == "0.00"
    assert number(None, 2) == number(float("nan"), 2) == "–"
    assert (signed(2.0), signed(-2.0), signed(0.0)) == ("+2.00", "−2.00", "0.00")
    assert percent(0.1234) == "12.3\N{NO-BREAK SPACE}%"
    assert percent(None) == "–"


def test_the_currency_is_read_from_the_symbol():
    assert quote_currency("BTCUSDT") == "USDT"
    assert quote_currency("ETH-USD") == "USD"
    assert quote_currency("MSFT") == "quote currency"
