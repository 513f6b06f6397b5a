"""The exchange's topics, measured: `python -m bench wires`. Deltas of five levels a side, as they
come from the broker, on one core and without a broker: processor time of a message, and the share
of a core at 6,000 a second.

avro          bytes to the fields of the schema
avro, facts   the same, then to ticks and lots
whole         what the reader does: the symbol's feed, the join by sequence, the fact for the engine
"""

import argparse
import asyncio
import io
import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import fastavro

from market_maker.clocks import WallClock
from market_maker.model.events import BookDelta
from market_maker.model.units import Nanos
from market_maker.sandbox.listings import LISTINGS
from market_maker.topics.broker import Brokers
from market_maker.topics.framing import framed
from market_maker.topics.registry import SchemaRegistry
from market_maker.topics.schema_files import DELTAS, SNAPSHOTS, parsed_schema, schema_text
from market_maker.venues.exchange.decoding import Decoder
from market_maker.venues.exchange.facts import WrittenPrices, delta_of
from market_maker.venues.exchange.parking import ParkingLot
from market_maker.venues.exchange.reader import ExchangeReader

RATE = 6_000
AIM = 0.30
INSTRUMENT = LISTINGS[0].instrument
LEVELS = 5


class Known(SchemaRegistry):
    """Every schema is known already: 1 of deltas, 2 of snapshots."""

    async def text_of(self, schema_id: int) -> str:
        return schema_text(DELTAS if schema_id == 1 else SNAPSHOTS)


class Silent:
    """No log."""

    def warning(self, event: str, **fields: object) -> None:
        raise AssertionError((event, fields))


class Message:
    """As the broker's client has it."""

    def __init__(self, topic: str, value: bytes) -> None:
        self._topic, self._value = topic, value

    def topic(self) -> str:
        return self._topic

    def key(self) -> bytes:
        return INSTRUMENT.symbol.encode()

    def value(self) -> bytes:
        return self._value

    def timestamp(self) -> tuple[int, int]:
        return 0, 0


def written(topic: str, number: int, fields: dict[str, Any]) -> Message:
    body = io.BytesIO()
    fastavro.schemaless_writer(body, parsed_schema(topic), fields)
    return Message(topic, framed(number, body.getvalue()))


def levels(side: int, seq: int) -> list[dict[str, str]]:
    prices = (1_000_000 + side * (1 + depth + seq % 7) for depth in range(LEVELS))
    return [
        {
            "price": format(INSTRUMENT.price(price), "f"),
            "size": format(INSTRUMENT.quantity(1 + (seq * 31 + price) % 5_000), "f"),
        }
        for price in prices
    ]


def messages(count: int) -> tuple[Message, list[Message]]:
    """A snapshot, and deltas that follow it."""
    head = {"symbol": INSTRUMENT.symbol, "epoch": 1, "event_time": 1}
    sides = {"bids": levels(-1, 0), "asks": levels(1, 0)}
    snapshot = written(SNAPSHOTS, 2, {**head, "seq": 0, "reason": "PERIODIC", **sides})
    deltas = [
        written(
            DELTAS,
            1,
            {
                **head,
                "first_seq": seq,
                "last_seq": seq,
                "prev_seq": seq - 1,
                "bids": levels(-1, seq),
                "asks": levels(1, seq),
            },
        )
        for seq in range(1, count + 1)
    ]
    return snapshot, deltas


async def rounds(count: int) -> dict[str, float]:
    """Microseconds of a message, by how far it goes."""
    snapshot, deltas = messages(count)
    decoder = Decoder(Known("http://none"), WallClock())
    await decoder.fields(DELTAS, deltas[0].value())
    spent, prices = {}, WrittenPrices(INSTRUMENT)

    began = time.process_time()
    for each in deltas:
        await decoder.fields(DELTAS, each.value())
    spent["avro"] = time.process_time() - began

    began = time.process_time()
    for each in deltas:
        delta_of(await decoder.fields(DELTAS, each.value()), prices, Nanos(1))
    spent["avro, facts"] = time.process_time() - began

    heard: list[object] = []
    with tempfile.TemporaryDirectory() as folder:
        parking = ParkingLot(Path(folder) / "parked")
        nowhere = Brokers(addresses="127.0.0.1:9")
        reader = ExchangeReader(nowhere, Known("http://none"), parking, WallClock(), Silent())
        reader.follow(INSTRUMENT, heard.append)
        await reader.take(snapshot)
        began = time.process_time()
        for each in deltas:
            await reader.take(each)
        spent["whole"] = time.process_time() - began
    assert sum(isinstance(fact, BookDelta) for fact in heard) == count
    return {name: seconds / count * 1e6 for name, seconds in spent.items()}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench wires", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    table = [asyncio.run(rounds(given.messages)) for _ in range(given.rounds)]
    micros = {name: median(each[name] for each in table) for name in table[0]}
    if given.json:
        print(json.dumps({"micros": micros, "load": os.getloadavg()[0]}))
        return 0
    print(f"deltas of {LEVELS} + {LEVELS} levels, processor time, load {os.getloadavg()[0]:.1f}")
    print(f"{'':12} {'µs':>6} {'messages/s':>11}  of a core at {RATE:,}/s")
    for name, cost in micros.items():
        share = cost * RATE / 1e6
        verdict = "" if share < AIM else f"  above the aim of {AIM:.0%}"
        print(f"{name:12} {cost:6.1f} {1e6 / cost:11,.0f}  {share:.0%}{verdict}")
    return 0
