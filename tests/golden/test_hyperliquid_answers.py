"""Every answer and every frame that was recorded of the venue is read, or counted and kept."""

import gzip
import json

import msgspec
import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.venues.hyperliquid.exchange_wire import (
    Refusal,
    Refused,
    action_answer,
    refusal_of,
)
from market_maker.venues.hyperliquid.frames import FrameReader, Unread
from market_maker.venues.hyperliquid.info import KINDS, answer_of
from market_maker.venues.hyperliquid.statuses import OrderFate, fate_of
from tests.shared_data import need_shared_data

OMITTED = "<omitted here"


def recordings():
    folder = need_shared_data("hyperliquid_api")
    for path in sorted(folder.glob("*/decoded/*.json")):
        for told in json.loads(path.read_text()):
            if not str(told["response"]).startswith(OMITTED):
                yield path.name, told["request"], json.dumps(told["response"]).encode()


def test_every_recorded_answer_of_info_is_read():
    read, plain = 0, set()
    for name, request, body in recordings():
        kind = request.get("type")
        if kind is None:
            continue
        answer_of(kind, body)
        read += kind in KINDS
        plain |= {kind} - set(KINDS)
        assert name
    assert read > 60
    assert plain <= {
        "perpDeployAuctionStatus",
        "delegatorHistory",
        "userTwapSliceFills",
        "userVaultEquities",
    }


def test_lists_in_lists_are_no_answer():
    with pytest.raises(InvalidDataError, match="answer to meta"):
        answer_of("meta", b"[" * 5_000)


def test_every_recorded_answer_of_exchange_is_read_and_its_refusals_are_known():
    texts, statuses = set(), 0
    for _, request, body in recordings():
        if "action" not in request:
            continue
        answer = action_answer(body)
        statuses += len(answer.statuses)
        texts |= {answer.refused} - {None}
        texts |= {status.text for status in answer.statuses if isinstance(status, Refused)}
    assert statuses >= 12
    known = {text: refusal_of(text) for text in texts}
    assert {Refusal.GONE, Refusal.MIN_NOTIONAL, Refusal.UNKNOWN_SIGNER} <= set(known.values())
    # Deploying a dex is not what we do.
    others = {text for text, kind in known.items() if kind is Refusal.OTHER}
    assert others == {"Unknown coin test:BTC", "Deployer has not staked enough"}


def test_every_recorded_order_status_has_a_fate():
    for _, request, body in recordings():
        if request.get("type") == "historicalOrders":
            news = answer_of("historicalOrders", body)
            assert len(news) == 5
            assert OrderFate.UNKNOWN not in {fate_of(one.status) for one in news}


def test_nothing_of_a_recorded_position_fill_or_balance_is_lost():
    for _, request, body in recordings():
        kind, told = request.get("type"), json.loads(body)
        if kind == "clearinghouseState":
            state = answer_of(kind, body)
            assert [(p.position.coin, str(p.position.szi)) for p in state.asset_positions] == [
                (p["position"]["coin"], p["position"]["szi"]) for p in told["assetPositions"]
            ]
        if kind in {"userFills", "userFillsByTime"}:
            fills = [(f.coin, str(f.px), str(f.sz), str(f.fee)) for f in answer_of(kind, body)]
            assert fills == [(f["coin"], f["px"], f["sz"], f["fee"]) for f in told]


def test_every_recorded_frame_is_read():
    reader = FrameReader()
    path = need_shared_data("hyperliquid_raw") / "btcusd_20250126.gz"
    with gzip.open(path) as lines:
        frames = [reader.read(line.split(b" ", 1)[1].strip()) for line in lines]
    assert not [frame for frame in frames if isinstance(frame, Unread)]
    assert dict(reader.seen) == {"l2Book": 46, "trades": 9}
    books = [frame for frame in frames if not isinstance(frame, tuple)]
    assert {(len(book.levels[0]), len(book.levels[1])) for book in books} == {(20, 20)}
    assert msgspec.json.encode(books[0].levels[0][0]) == b'{"px":"105055.0","sz":"3.03622","n":5}'
