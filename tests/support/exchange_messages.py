"""Messages of the exchange as their fields, and as bytes."""

import io
from typing import Any

import fastavro

from market_maker.model.instrument import Instrument
from market_maker.sandbox.listings import LISTINGS
from market_maker.topics.framing import framed
from market_maker.topics.schema_files import parsed_schema

INSTRUMENT: Instrument = LISTINGS[0].instrument
SYMBOL = INSTRUMENT.symbol
T = 1_700_000_000_000_000_000

Fields = dict[str, Any]


def level(price: str, size: str) -> Fields:
    return {"price": price, "size": size}


def snapshot(seq: int, epoch: int = 1, **more: Any) -> Fields:
    return {
        "symbol": SYMBOL,
        "epoch": epoch,
        "seq": seq,
        "event_time": T + seq,
        "reason": "PERIODIC",
        "depth": 0,
        "bids": [level("99999.9", "1.5")],
        "asks": [level("100000.1", "2.000")],
        "checksum": None,
    } | more


def delta(last: int, epoch: int = 1, **more: Any) -> Fields:
    return {
        "symbol": SYMBOL,
        "epoch": epoch,
        "first_seq": last,
        "last_seq": last,
        "prev_seq": last - 1,
        "event_time": T + last,
        "bids": [level("99999.8", "0.001")],
        "asks": [],
        "checksum": None,
    } | more


def mark(seq: int, price: str = "100000.04") -> Fields:
    return {"symbol": SYMBOL, "seq": seq, "event_time": T + seq, "mark_price": price}


def trade(seq: int, trade_id: str, epoch: int = 1, **more: Any) -> Fields:
    return {
        "symbol": SYMBOL,
        "epoch": epoch,
        "seq": seq,
        "trade_id": trade_id,
        "event_time": T + seq,
        "price": "100000",
        "size": "0.25",
        "aggressor": "SELL",
        "liquidation": False,
    } | more


def engine_event(seq: int, kind: str, part: str, epoch: int = 1, **fields: Any) -> Fields:
    own = {"account_id": "a", "order_id": "17", "client_order_id": "mm-1"}
    return {
        "event_id": f"{epoch}-{seq}",
        "symbol": SYMBOL,
        "epoch": epoch,
        "seq": seq,
        "event_time": T + seq,
        "type": kind,
        part: own | fields,
    }


def fill(seq: int, epoch: int = 1, **more: Any) -> Fields:
    details = {
        "trade_id": "42",
        "side": "BUY",
        "price": "99999.9",
        "size": "0.5",
        "leaves": "1",
        "fee": "-2.5",
        "fee_asset": "USDT",
        "liquidity": "MAKER",
    }
    return engine_event(seq, "FILLED", "filled", epoch, **(details | more))


def message(topic: str, fields: Fields, schema_id: int = 1) -> bytes:
    body = io.BytesIO()
    fastavro.schemaless_writer(body, parsed_schema(topic), fields)
    return framed(schema_id, body.getvalue())
