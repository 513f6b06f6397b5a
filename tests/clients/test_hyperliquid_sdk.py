"""hyperliquid-python-sdk, unmodified, trades on the emulator."""

import pytest

from tests.clients.conftest import HERE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(clients_python, session):
    """What came back in one session."""
    return session("sdk", [str(clients_python), "sdk_session.py"], HERE)


def status(answer):
    """The only one of an answer about orders."""
    (one,) = answer["response"]["data"]["statuses"]
    return one


def test_it_loads_two_dexes_with_their_ids(found):
    assert found["assets"]["BTC"] == 0
    assert found["assets"]["hyna:BTC"] == 140_000


def test_it_places_modifies_and_cancels(found):
    placed, modified = status(found["alo"])["resting"], status(found["modify"])["resting"]
    assert modified["oid"] > placed["oid"]
    assert status(found["cancel"]) == "success"
    assert status(found["cancel_again"])["error"].startswith("Order was never placed")
    assert status(found["modify_again"])["error"].startswith("Cannot modify canceled")


def test_it_names_an_order_asks_for_it_and_cancels_it_by_name(found):
    name = "0x00000000000000000000000000000abc"
    assert status(found["named"])["resting"]["cloid"] == name
    assert found["status"]["order"]["order"]["cloid"] == name
    assert found["status"]["order"]["status"] == "open"
    assert status(found["cancel_named"]) == "success"


def test_its_market_order_fills_and_what_is_wrong_is_refused_in_the_venues_words(found):
    assert status(found["market"])["filled"]["totalSz"] == "0.002"
    assert "would have immediately matched, bbo was" in status(found["crossing_alo"])["error"]
    assert status(found["small"])["error"].startswith("Order must have minimum value of $10.")
    assert status(found["off_tick"])["error"].startswith("Price must be divisible by tick size.")
    assert len(found["bulk"]["response"]["data"]["statuses"]) == 2


def test_leverage_and_isolated_margin(found):
    assert found["leverage"]["status"] == "ok"
    assert found["cross_refused"]["response"] == "Cross margin is not allowed for this asset."
    assert found["margin_empty"]["response"] == "Cannot update margin for empty position."
    assert found["margin"] == {"status": "ok", "response": {"type": "default"}}
    (held,) = found["hip3_state"]["assetPositions"]
    assert held["position"]["leverage"]["type"] == "isolated"
    assert held["position"]["leverage"]["value"] == 10
    # A tenth of the notional at first, and the hundred dollars added.
    assert float(held["position"]["marginUsed"]) == pytest.approx(
        100 + float(held["position"]["positionValue"]) / 10, rel=0.02
    )


def test_its_scheduled_cancel_takes_every_order_off(found):
    assert found["schedule"]["status"] == "ok"
    assert len(found["open_before"]) == 2
    assert found["open_after"] == []
    told = [one["status"] for one in found["stream_scheduled"]["data"]]
    assert told == ["scheduledCancel"] * 2
    assert len(found["stream_event"]["data"]["nonUserCancel"]) == 2


def test_every_stream_it_subscribed_to_arrives(found):
    channels = {name: found[name]["channel"] for name in found if name.startswith("stream_")}
    assert channels == {
        "stream_book": "l2Book",
        "stream_snapshot": "userFills",
        "stream_fill": "userFills",
        "stream_update": "orderUpdates",
        "stream_scheduled": "orderUpdates",
        "stream_event": "user",
        "stream_bbo": "bbo",
        "stream_trades": "trades",
        "stream_mids": "allMids",
        "stream_ctx": "activeAssetCtx",
    }


def test_its_position_is_closed_and_the_fills_say_so(found):
    assert found["state"]["assetPositions"] == []
    directions = [fill["dir"] for fill in found["fills"]]
    assert (directions[0], directions[-1]) == ("Close Long", "Open Long")
    assert set(directions) == {"Close Long", "Open Long"}


def test_a_stranger_is_refused_as_one_that_does_not_exist(found):
    assert found["stranger"]["response"].startswith("User or API Wallet 0x")
    assert found["stranger"]["response"].endswith(" does not exist.")
