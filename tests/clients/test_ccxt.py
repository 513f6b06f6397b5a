"""ccxt.pro, unmodified and in sandbox mode, trades on the emulator."""

import pytest

from tests.clients.conftest import HERE

pytestmark = pytest.mark.slow
BTC, HIP3 = "BTC/USDC:USDC", "XYZ-TSLA/USDC:USDC"


@pytest.fixture(scope="module")
def found(clients_python, session):
    """What came back in one session."""
    return session("ccxt", [str(clients_python), "ccxt_session.py"], HERE)


def test_it_loads_the_markets_of_every_dex(found):
    assert found["markets"][BTC] == "0"
    assert found["markets"][HIP3] == "110001"
    assert found["markets"]["HYNA-BTC/USDE:USDE"] == "140000"


def test_it_places_edits_and_cancels_by_number_and_by_name(found):
    assert int(found["edited"]["id"]) > int(found["placed"]["id"])
    assert [order["id"] for order in found["open"]] == [found["edited"]["id"]]
    assert found["open"][0]["amount"] == 0.002
    assert found["cancelled"]["status"] == "success"
    assert found["named"]["clientOrderId"] == "0x000000000000000000000000000000cd"
    assert found["cancelled_named"]["status"] == "success"


def test_it_knows_what_it_is_refused_for(found):
    assert found["crossing"].startswith("InvalidOrder")
    assert "would have immediately matched" in found["crossing"]
    assert "minimum value of $10" in found["small"]


def test_its_market_order_fills_with_the_fee_that_it_approved_for_its_builder(found):
    assert found["market"]["filled"] == 0.001
    assert found["trades"][0]["info"]["builderFee"]
    assert found["positions"][0]["contracts"] == 0.001
    assert found["balance"]["USDC"]["total"] > 99_000


def test_leverage_isolated_margin_and_the_dead_mans_switch(found):
    done = {"status": "ok", "response": {"type": "default"}}
    assert found["leverage"] == found["hip3_leverage"] == found["schedule"] == done
    assert found["positions"][0]["leverage"] == 7
    assert found["hip3"]["filled"] == 1
    assert found["margin"]["info"] == done


def test_its_streams_arrive_and_an_order_goes_over_the_socket(found):
    assert found["ws_placed"]["filled"] == 0.001
    assert found["stream_orders"][-1]["status"] == "closed"
    assert found["stream_trades_mine"][-1]["symbol"] == BTC
    assert found["stream_book"]["bids"][0][0] < found["stream_book"]["asks"][0][0]
    assert found["stream_trades"][-1]["price"] > 0
    assert found["stream_ticker"]["bid"] > 0
    assert len(found["stream_candle"][-1]) == 6
