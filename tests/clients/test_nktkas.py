"""@nktkas/hyperliquid, unmodified, trades on the emulator."""

import pytest

pytestmark = pytest.mark.slow
DONE = {"status": "ok", "response": {"type": "default"}}


@pytest.fixture(scope="module")
def found(node_modules, session):
    """What came back in one session."""
    return session("nktkas", ["node", "nktkas_session.mjs"], node_modules)


def status(answer):
    """The only one of an answer about orders."""
    (one,) = answer["response"]["data"]["statuses"]
    return one


def test_its_own_schemas_accept_what_is_listed(found):
    assert found["coins"][:2] == ["BTC", "ETH"]
    assert found["dexes"] == [None, "xyz", "flx", "vntl", "hyna"]
    assert found["hyna"][0] == "hyna:BTC"
    assert found["role"] == {"role": "user"}
    assert found["caps"]["coinToOiCap"]


def test_it_places_modifies_and_cancels_by_number_and_by_name(found):
    assert found["modified"] == DONE
    assert found["open"][0]["oid"] > status(found["placed"])["resting"]["oid"]
    assert status(found["cancelled"]) == "success"
    assert found["status"]["order"]["order"]["cloid"] == status(found["named"])["resting"]["cloid"]
    assert status(found["cancelledNamed"]) == "success"
    assert "Order was never placed" in found["cancelledAgain"]


def test_what_is_refused_is_an_error_of_its_own(found):
    assert found["crossing"].startswith("ApiRequestError: Order 0: Post only order would have")
    assert found["marginEmpty"] == "ApiRequestError: Cannot update margin for empty position."


def test_it_trades_over_http_and_over_the_socket(found):
    assert status(found["market"])["filled"]["totalSz"] == "0.001"
    assert "resting" in status(found["overSocket"])
    assert status(found["hip3"])["filled"]["totalSz"] == "0.001"
    assert {fill["coin"] for fill in found["fills"]} == {"BTC", "hyna:BTC"}


def test_leverage_margin_quota_and_the_dead_mans_switch(found):
    for name in ("leverage", "margin", "topUp", "reserved", "scheduled"):
        assert found[name] == DONE, name
    held = found["state"]["assetPositions"][0]["position"]
    assert held["leverage"]["type"] == "isolated"
    # The top-up brought it to twice leverage.
    half = float(held["positionValue"]) / 2
    assert abs(float(held["marginUsed"]) - half) < half / 50
    assert found["limit"]["nRequestsCap"] > 10_100


def test_every_stream_it_subscribed_to_arrives(found):
    assert found["stream_book"]["coin"] == found["stream_bbo"]["coin"] == "BTC"
    assert found["stream_mids"]["mids"]["BTC"]
    assert found["stream_fills"]["fills"][0]["coin"] == "BTC"
    assert found["stream_orders"][0]["status"] == "open"
    assert found["stream_events"]["fills"]
