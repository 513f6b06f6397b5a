"""Each channel's frames are read; what cannot be read is counted and kept."""

import json

import pytest

from market_maker.venues.hyperliquid.frames import (
    KEPT_LENGTH,
    KEPT_MAX,
    ChannelSubscription,
    Complaint,
    FrameReader,
    Greeting,
    Pong,
    Posted,
    Subscribed,
    Unread,
)

ORDER = {
    "coin": "hyna:BTC",
    "side": "B",
    "limitPx": "97000.0",
    "sz": "0.001",
    "oid": 7,
    "timestamp": 1_790_000_000_000,
    "origSz": "0.001",
    "cloid": "0x6d6d6b72000000000000000000000000",
}
FILL = {
    "coin": "ETH",
    "px": "4307.4",
    "sz": "0.0025",
    "side": "B",
    "time": 1_755_857_898_644,
    "startPosition": "0.0",
    "dir": "Open Long",
    "closedPnl": "0.0",
    "hash": "0x7d",
    "oid": 37907159219,
    "crossed": True,
    "fee": "0.004845",
    "tid": 1070455675927460,
    "feeToken": "USDC",
    "twapId": None,
}
CTX = {
    "funding": "0.0000125",
    "openInterest": "688.11",
    "prevDayPx": "15.3",
    "dayNtlVlm": "1169046.2",
    "premium": None,
    "oraclePx": "14.32",
    "markPx": "14.31",
    "midPx": None,
    "impactPxs": None,
}
LEVEL = {"px": "19900", "sz": "1", "n": 1}
FUNDING = {"time": 1, "coin": "ETH", "usdc": "-1.5", "szi": "2", "fundingRate": "0.00001"}
STATE = {
    "assetPositions": [],
    "marginSummary": {
        "accountValue": "1",
        "totalNtlPos": "0",
        "totalRawUsd": "1",
        "totalMarginUsed": "0",
    },
    "withdrawable": "1",
}
FRAMES = {
    "allMids": {"mids": {"BTC": "97500.5", "@1": "21.5"}, "dex": "hyna"},
    "l2Book": {"coin": "BTC", "time": 1, "levels": [[LEVEL], []], "fast": True},
    "bbo": {"coin": "BTC", "time": 1, "bbo": [LEVEL, None]},
    "trades": [
        {"coin": "BTC", "side": "A", "px": "1", "sz": "2", "hash": "0x", "time": 3, "tid": 4}
    ],
    "activeAssetCtx": {"coin": "BTC", "ctx": CTX},
    "activeSpotAssetCtx": {"coin": "@1", "ctx": {"markPx": "1", "dayNtlVlm": "3"}},
    "userFills": {"user": "0xab", "isSnapshot": True, "fills": [FILL]},
    "userFundings": {"user": "0xab", "isSnapshot": True, "fundings": [FUNDING]},
    "userNonFundingLedgerUpdates": {
        "user": "0xab",
        "nonFundingLedgerUpdates": [
            {"time": 1, "hash": "0x", "delta": {"type": "deposit", "usdc": "1.0"}}
        ],
    },
    "user": {"nonUserCancel": [{"coin": "BTC", "oid": 7}]},
    "orderUpdates": [{"order": ORDER, "status": "openInterestCapCanceled", "statusTimestamp": 5}],
    "clearinghouseState": {"user": "0xab", "dex": "", "clearinghouseState": STATE},
    "openOrders": {"user": "0xab", "dex": "hyna", "orders": [ORDER]},
    "spotState": {
        "user": "0xab",
        "spotState": {"balances": [{"coin": "USDC", "token": 0, "total": "1", "hold": "0"}]},
    },
    "activeAssetData": {
        "user": "0xab",
        "coin": "BTC",
        "leverage": {"type": "isolated", "value": 5, "rawUsd": "-3.1"},
        "maxTradeSzs": ["1", "2"],
        "availableToTrade": ["3", "4"],
    },
    "subscriptionResponse": {
        "method": "subscribe",
        "subscription": {"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None},
    },
    "post": {"id": 1, "response": {"type": "action", "payload": {"status": "ok"}}},
}


def frame(channel, data):
    return json.dumps({"channel": channel, "data": data}).encode()


@pytest.mark.parametrize("channel", FRAMES)
def test_a_frame_of_each_channel_is_read(channel):
    reader = FrameReader()
    assert not isinstance(reader.read(frame(channel, FRAMES[channel])), Unread)
    assert (dict(reader.seen), dict(reader.unread)) == ({channel: 1}, {})


@pytest.mark.parametrize("channel", FRAMES)
def test_a_field_that_is_added_later_is_passed_over(channel):
    def grown(value):
        if isinstance(value, list):
            return [grown(one) for one in value]
        if isinstance(value, dict) and channel != "allMids":
            return {**{key: grown(one) for key, one in value.items()}, "addedLater": [1]}
        return value

    reader = FrameReader()
    assert not isinstance(reader.read(frame(channel, grown(FRAMES[channel]))), Unread)


@pytest.mark.parametrize(
    "happening",
    [
        {"fills": [FILL]},
        {"funding": FUNDING},
        {"twapHistory": []},
        {
            "liquidation": {
                "lid": 1,
                "liquidator": "0x1",
                "liquidated_user": "0x2",
                "liquidated_ntl_pos": "1.5",
                "liquidated_account_value": "0.5",
            }
        },
    ],
)
def test_whatever_happens_to_a_user_is_read(happening):
    reader = FrameReader()
    assert not isinstance(reader.read(frame("user", happening)), Unread)


def test_pongs_errors_and_greetings_are_distinguished():
    reader = FrameReader()
    assert reader.read(b'{"channel":"pong"}') == Pong()
    assert reader.read(frame("error", "Already subscribed: {}")) == Complaint(
        "Already subscribed: {}"
    )
    assert reader.read(b"Websocket connection established.") == Greeting()
    assert not reader.unread


def test_the_payload_of_an_answer_is_the_body_that_http_would_have_had():
    posted = FrameReader().read(frame("post", FRAMES["post"]))
    assert isinstance(posted, Posted)
    assert bytes(posted.response.payload).replace(b" ", b"") == b'{"status":"ok"}'


def test_a_confirmed_subscription_is_the_one_that_was_asked_for():
    confirmed = FrameReader().read(frame("subscriptionResponse", FRAMES["subscriptionResponse"]))
    assert isinstance(confirmed, Subscribed)
    assert confirmed.subscription == ChannelSubscription("l2Book", coin="BTC")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"soon",
        b"[]",
        b'{"channel":"webData9","data":{}}',
        b'{"channel":"trades","data":{}}',
        b'{"channel":"error","data":{}}',
        b"\xff",
        b"[" * 5_000,
        b'{"channel":"trades","data":' + b"[" * 400 + b"]" * 400 + b"}",
    ],
)
def test_what_cannot_be_read_is_counted_and_kept(raw):
    reader = FrameReader()
    unread = reader.read(raw)
    assert isinstance(unread, Unread)
    assert dict(reader.unread) == {unread.channel: 1}
    assert list(reader.kept) == [(unread.channel, raw[:KEPT_LENGTH])]


def test_what_is_kept_is_bounded():
    reader = FrameReader()
    for _ in range(KEPT_MAX + 5):
        reader.read(b"x" * (KEPT_LENGTH + 5))
    assert len(reader.kept) == KEPT_MAX
    assert {len(raw) for _, raw in reader.kept} == {KEPT_LENGTH}
    assert reader.unread[""] == KEPT_MAX + 5
