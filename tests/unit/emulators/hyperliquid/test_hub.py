"""Frames to sockets: cadence, order, and the faults of streams."""

from itertools import pairwise

import pytest

from market_maker.emulators.hyperliquid.faults import VenueFaults
from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from market_maker.emulators.hyperliquid.venue import VenueSettings
from tests.unit.emulators.hyperliquid.box import BTC, Box, heard, order

FILLS = {"type": "userFills", "user": TEST_ADDRESS}
ORDERS = {"type": "orderUpdates", "user": TEST_ADDRESS}


def box_with(**faults):
    settings = VenueSettings(faults=VenueFaults(**faults), limits=VenueLimits(free_actions=None))
    return Box(settings, coins=("BTC",))


def tids(frames):
    return [fill["tid"] for frame in frames for fill in frame["data"]["fills"]]


def trade(box):
    box.one(BTC, True, box.best()[1], "0.0002", tif="Ioc")


def test_the_best_prices_are_sent_when_they_change_and_only_then():
    box = box_with()
    socket = box.socket({"type": "bbo", "coin": "BTC"})
    box.wait(10)
    tops = [frame["data"]["bbo"] for frame in heard(socket)]
    assert len(tops) > 3
    assert all(one != other for one, other in pairwise(tops))


@pytest.mark.thorough
def test_mids_come_each_two_seconds_and_a_book_each_five():
    box = box_with()
    socket = box.socket({"type": "allMids"}, {"type": "l2Book", "coin": "BTC"})
    box.wait(10)
    channels = [frame["channel"] for frame in heard(socket)]
    assert (channels.count("allMids"), channels.count("l2Book")) == (5, 2)


def test_a_frozen_book_stands_still_while_trades_go_on():
    box = box_with(frozen=frozenset({"BTC"}))
    socket = box.socket({"type": "trades", "coin": "BTC"}, {"type": "l2Book", "coin": "BTC"})
    box.wait(20)
    assert {frame["channel"] for frame in heard(socket)} == {"trades"}


def test_a_fill_that_is_streamed_twice_is_the_same_and_listed_once():
    box = box_with(duplicate_fill=1.0)
    socket = box.socket(FILLS)
    trade(box)
    box.wait(3)
    (once, twice) = tids(heard(socket))
    assert once == twice
    assert len(box.info("userFills", user=TEST_ADDRESS)) == 1


def test_a_late_fill_comes_after_the_order_update_and_a_lost_one_is_only_listed():
    box = box_with(late_fill=1.0)
    socket = box.socket(FILLS, ORDERS)
    trade(box)
    assert [frame["channel"] for frame in heard(socket)] == ["orderUpdates"]
    box.wait(3)
    assert len(tids(heard(socket))) == 1
    box.venue.faults = VenueFaults(lose_fill=1.0)
    trade(box)
    box.wait(3)
    assert [frame["channel"] for frame in heard(socket)] == ["orderUpdates"]
    assert len(box.info("userFills", user=TEST_ADDRESS)) == 2


def test_a_modify_may_report_the_new_order_first():
    for first, chance in (("canceled", 0.0), ("open", 1.0)):
        box = box_with(open_first=chance)
        oid = box.one(BTC, True, "90000", "0.001")["resting"]["oid"]
        socket = box.socket(ORDERS)
        box.send({"type": "modify", "oid": oid, "order": order(BTC, True, "90001", "0.001")})
        (frame,) = heard(socket)
        assert frame["data"][0]["status"] == first
        assert {one["status"] for one in frame["data"]} == {"open", "canceled"}


@pytest.mark.thorough
def test_a_socket_on_which_nothing_is_said_for_a_minute_is_closed_unless_it_pings():
    box = box_with()
    silent, pinging = box.socket(), box.socket()
    for _ in range(3):
        box.wait(25, step=5)
        box.say(pinging, {"method": "ping"})
    assert silent.closing == "idle"
    assert not pinging.closing
    assert [frame["channel"] for frame in heard(pinging)] == ["pong"] * 3


def test_sockets_are_reset_by_chance():
    box = box_with(reset=1.0)
    socket = box.socket()
    box.wait(1)
    assert socket.closing == "reset"


def test_events_go_to_those_who_asked_for_them_only():
    box = box_with()
    mine, other = box.socket(FILLS), box.socket({**FILLS, "user": "0x" + "12" * 20})
    trade(box)
    assert len(heard(mine)) == 1
    assert heard(other) == []


@pytest.mark.thorough
def test_books_freeze_by_chance_and_thaw():
    box = box_with(freeze=1.0)
    socket = box.socket({"type": "l2Book", "coin": "BTC", "fast": True})
    box.wait(5)
    assert heard(socket) == []
    box.venue.faults = VenueFaults()
    box.wait(12)
    assert len(heard(socket)) > 2


@pytest.mark.thorough
def test_the_network_is_upgraded_by_chance():
    box = box_with(upgrade=1.0)
    socket = box.socket({"type": "allMids"})
    box.wait(1)
    assert socket.closing == "upgrade"
    error = box.one(BTC, True, "90000", "0.001", tif="Gtc")["error"]
    assert error.startswith("Only post-only orders allowed immediately after a network upgrade")
    box.venue.faults = VenueFaults()
    box.wait(11)
    assert "resting" in box.one(BTC, True, "90000", "0.001", tif="Gtc")
