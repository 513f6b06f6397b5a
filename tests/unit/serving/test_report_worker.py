"""The worker's page is the page of the command line, and its errors are words."""

from decimal import Decimal

import msgspec
import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.report_jobs import ReportKind, ReportRequest, Trial
from market_maker.research.replay import default_config
from market_maker.serving.report_order import WorkerOrder
from market_maker.serving.report_worker import made
from market_maker.storage.recording import write_recording
from tests.support.lived import Lived
from tests.toy_market import coin_margined, toy_recording

ORDER_OF_250 = '<td>order_size_usdt</td><td class="text">250</td>'
"""A thousand dollars where one of the currency is four."""


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "small.mmrec"
    write_recording(path, toy_recording(seconds=12))
    return path


def order(path, **request):
    given = {"kind": ReportKind.REPLAY, "recording": path.name} | request
    asked = ReportRequest(**given)
    return WorkerOrder(request=asked, source=str(path), page="unused", config=None)


def test_a_replay_says_how_far_it_is_up_to_its_end(recording):
    shares = []
    page = made(order(recording, strategies="symmetric"), shares.append)
    assert "symmetric" in page
    assert shares == sorted(shares)


def test_the_page_of_an_inverse_contract_counts_contracts_and_coins(tmp_path):
    path = tmp_path / "coin.mmrec"
    write_recording(path, coin_margined(toy_recording(seconds=12)))
    page = made(order(path, strategies="symmetric"), lambda _: None)
    assert "contracts, long above zero" in page.lower()


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [ReportKind.REPLAY, ReportKind.COMPARE])
def test_a_recording_in_a_currency_that_is_no_dollar_needs_its_rate_and_is_made_with_it(
    tmp_path, kind
):
    path = tmp_path / "bitcoin.mmrec"
    toy = toy_recording(seconds=12)
    priced = msgspec.structs.replace(toy.instrument, symbol="TOYBTC")
    write_recording(path, msgspec.structs.replace(toy, instrument=priced))
    asked = {"kind": kind, "strategies": "symmetric"}
    with pytest.raises(InvalidFieldError, match="quote_rate: missing; the price of 1 BTC in USDT"):
        made(order(path, **asked), lambda _: None)
    page = made(order(path, **asked, quote_rate=Decimal(4)), lambda _: None)
    assert kind is ReportKind.COMPARE or ORDER_OF_250 in page


@pytest.mark.thorough
def test_a_comparison_has_every_strategy_that_was_asked_for(recording):
    shares = []
    asked = order(recording, kind=ReportKind.COMPARE, strategies="glft,symmetric")
    page = made(asked, shares.append)
    assert "glft" in page
    assert "symmetric" in page
    assert shares[-1] == 1.0


@pytest.mark.thorough
def test_a_trial_compares_what_is_in_force_with_what_is_proposed(recording):
    now = default_config("TOYUSDT")
    asked = msgspec.structs.replace(
        order(recording, kind=ReportKind.COMPARE, pool="TOYUSDT"),
        config=msgspec.structs.replace(now, version=4),
        trial=Trial(msgspec.structs.replace(now, num_levels=1), "num_levels: 3 → 1"),
    )
    # As a service sends it to the process.
    asked = msgspec.json.decode(msgspec.json.encode(asked), type=WorkerOrder)
    page = made(asked, lambda _: None)
    assert "in force, version 4" in page
    assert "proposed" in page
    assert "symmetric" not in page


def test_a_strategy_twice_is_refused_in_words(recording):
    asked = order(recording, kind=ReportKind.COMPARE, strategies="glft,glft", latency_ms=Decimal(1))
    with pytest.raises(InvalidFieldError, match="each strategy once"):
        made(asked, lambda _: None)


def test_live_against_simulation_reads_the_journal(tmp_path):
    home = Lived(tmp_path).go().done()
    shares = []
    live = {"kind": ReportKind.PARITY, "recording": None, "symbol": "TOYUSDT"}
    page = made(order(home, **live), shares.append)
    assert "Live against simulation of TOYUSDT" in page
    assert shares == sorted(shares)
    assert shares[-1] <= 1
