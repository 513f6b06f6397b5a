"""The service under load, measured from inside: `market_maker serve` with more instruments and with
eyes at its sockets. Says what it saw, as JSON, when it is asked to stop."""

import argparse
import asyncio
import gc
import json
import math
import os
import signal
from array import array
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from msgspec import Struct

import bench.native  # noqa: F401  first: it settles the form of the engine
import market_maker.cli.emulate
import market_maker.cli.emulate_platform
from bench import memory, stages
from bench.load_market import LoadExchange
from bench.samples import Samples
from bench.seen_cancels import SeenServer
from bench.stages import Heard, Stages, heard, watch_reader
from market_maker.api.pace import Pace, Rate
from market_maker.clocks import WallClock
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.order_gateway import OrderGateway
from market_maker.model.actions import Place
from market_maker.model.events import BookDelta, BookSnapshot, Event, Trade
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos, OrderId
from market_maker.ports import Venue
from market_maker.sandbox.listings import SANDBOX_FEES, Listing
from market_maker.sandbox.parameters import TraderParameters
from market_maker.serving import worker_process
from market_maker.serving.banner import Banner
from market_maker.serving.factories import Factories
from market_maker.serving.life import Stopping, serve
from market_maker.settings import settings_of
from market_maker.telemetry.measures import Measures
from market_maker.venues.order_service.venue import OrderServiceVenue

MARKET = (BookDelta, BookSnapshot, Trade)
CALM = {"depth_wakes_per_s": 6.0, "noise_orders_per_s": 1.2, "noise_quotes_per_s": 1.5}
"""Fewer traders than by default: some twenty market events a second and symbol."""

CLOCK = WallClock()
SHOWN = 10_000
"""Values in which a spread is shown."""


class Spread:
    """How often which value was seen, to a hundredth of it: memory does not grow with time."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def append(self, value: int) -> None:
        """One more."""
        self._counts[int(math.log1p(value) * 100)] += 1

    def shown(self) -> list[int]:
        """Ten thousand values spread as those that were seen, the least first."""
        total, seen, shown = self._counts.total(), 0, []
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            value = int(math.expm1((bucket + 1) / 100))
            shown += [value] * (-(-SHOWN * seen // total) - len(shown))
        return shown


class Seen:
    """Everything measured, nanoseconds. arrival, decision: from the newest market fact's arrival,
    and from the turn that saw it, to the order on the wire. cancels: when the first cancel of an
    order was written, by line and order."""

    def __init__(self) -> None:
        self.events = 0
        self.arrival, self.decision = array("q"), array("q")
        self.lag, self.turn = Spread(), Spread()
        self.pauses, self.commits, self.news, self.batches = (array("q") for _ in range(4))
        self.cancels: dict[tuple[int, OrderId], int] = {}
        self.unrecorded = sum(gateway.unrecorded for gateway in SENDERS)
        self.began = 0
        self.stages = Stages()

    def begin(self) -> None:
        """From now on."""
        self.__init__()
        self.began = CLOCK.now()


SENDERS: list[OrderGateway] = []
SEEN = Seen()


class Tick(Struct):
    """What an order answers: the newest market fact, the turn that saw it, and its end."""

    fact: Heard
    turn: Nanos
    decided: Nanos


class Wire:
    """A venue that notes what goes out."""

    def __init__(self, venue: Venue, ticks: dict[OrderId, Tick]) -> None:
        self._venue, self._ticks = venue, ticks
        self.poll, self.due = venue.poll, venue.due
        self.request_snapshot = venue.request_snapshot
        self.open_orders = venue.open_orders
        if isinstance(venue, OrderServiceVenue):
            self._call_off, venue.call_off = venue.call_off, self._called_off

    def place(self, now: Nanos, order: Place) -> None:
        self._venue.place(now, order)
        tick = self._ticks.pop(order.order_id, None)
        began, ended = stages.COMMITS.pop(order.client_order_id, (0, 0))
        if tick is not None:
            sent, fact = CLOCK.now(), tick.fact
            SEEN.arrival.append(sent - fact.produced)
            SEEN.decision.append(sent - tick.turn)
            here = (fact.produced, fact.fetched, fact.looped, fact.decoded)
            SEEN.stages.add((*here, tick.turn, tick.decided, began, ended, sent))

    def cancel(self, now: Nanos, *order_ids: OrderId) -> None:
        self._venue.cancel(now, *order_ids)
        self._note(order_ids)

    def _called_off(self) -> tuple[OrderId, ...]:
        order_ids = self._call_off()
        self._note(order_ids)
        return order_ids

    def _note(self, order_ids: tuple[OrderId, ...]) -> None:
        written = CLOCK.now()
        for order_id in order_ids:
            SEEN.cancels.setdefault((id(self), order_id), written)


class MeasuredSender(OrderGateway):
    """Remembers for each order which market fact it answers."""

    def __init__(self, venue: Venue, *others: Any, **more: Any) -> None:
        self._ticks: dict[OrderId, Tick] = {}
        self._newest: Heard | None = None
        super().__init__(Wire(venue, self._ticks), *others, **more)
        SENDERS.append(self)

    def poll(self, now: Nanos) -> list[Event]:
        events = super().poll(now)
        facts = [event.ts_recv for event in events if isinstance(event, MARKET)]
        SEEN.events += len(facts)
        self._newest = heard(self._instrument.symbol, max(facts)) if facts else None
        return events

    def place(self, now: Nanos, order: Place) -> None:
        if self._newest is not None:
            self._ticks[order.order_id] = Tick(self._newest, now, CLOCK.now())
        super().place(now, order)


class MeasuredLog(IntentLog):
    """How long a transaction takes: of intents, and of news."""

    async def _commit(self, intents: Any, changes: Any) -> bool:
        began = CLOCK.now()
        try:
            return await super()._commit(intents, changes)
        finally:
            ended = CLOCK.now()
            (SEEN.commits if intents else SEEN.news).append(ended - began)
            for intent in intents:
                stages.COMMITS[intent.record.client_order_id] = (began, ended)
            if intents:
                SEEN.batches.append(len(intents))


class ExactMeasures(Measures):
    """Keeps every figure, not only its bucket."""

    def turned(self, symbol: str, turn_ns: int, waiting: int) -> None:
        if self.of(symbol).has_turned:
            SEEN.turn.append(turn_ns)
        super().turned(symbol, turn_ns, waiting)

    def lagged(self, lag_ns: int) -> None:
        SEEN.lag.append(lag_ns)
        super().lagged(lag_ns)


def listings(count: int) -> dict[str, Listing]:
    """Like BTCUSDT-PERP, all of them, each with a price of its own."""
    found = {}
    for number in range(count):
        symbol = f"S{number:03}USDT-PERP"
        grid = Instrument(symbol, Decimal("0.1"), Decimal("0.001"), Decimal(5))
        parameters = TraderParameters(start_price=80_000.0 + 400 * number, **CALM)
        found[symbol] = Listing(grid, SANDBOX_FEES, parameters)
    return found


def measuring(count: int) -> Factories:
    """The eyes, and the instruments. The program has no options for this, and needs none."""
    watch_reader()
    return Factories(
        intent_log=MeasuredLog,
        gateway=MeasuredSender,
        measures=ExactMeasures,
        listings=tuple(listings(count).values()),
        rates=dict.fromkeys(Pace, Rate(100_000, 100_000)),
    )


def without_eyes(count: int) -> Factories:
    """The instruments alone."""
    rates = dict.fromkeys(Pace, Rate(100_000, 100_000))
    return Factories(listings=tuple(listings(count).values()), rates=rates)


def report() -> dict[str, object]:
    """Everything seen since the beginning."""
    span = CLOCK.now() - SEEN.began
    return {
        "seconds": span / 1e9,
        "events": SEEN.events,
        "arrival": sorted(SEEN.arrival),
        "decision": sorted(SEEN.decision),
        "lag": SEEN.lag.shown(),
        "turn": SEEN.turn.shown(),
        "cancels": list(SEEN.cancels.values()),
        "pauses": sorted(SEEN.pauses),
        "commits": sorted(SEEN.commits),
        "news": sorted(SEEN.news),
        "batches": sorted(SEEN.batches),
        "unrecorded": sum(gateway.unrecorded for gateway in SENDERS) - SEEN.unrecorded,
        **SEEN.stages.shown(),
    }


def watch_collector() -> None:
    """How long Python's garbage collector holds everything up."""
    began = 0

    def noted(phase: str, _details: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = CLOCK.now()
        else:
            SEEN.pauses.append(CLOCK.now() - began)

    gc.callbacks.append(noted)


async def run(factories: Factories, data_dir: Path, out: Path) -> bool:
    stopping = Stopping()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopping.ask)
    loop.add_signal_handler(signal.SIGUSR1, SEEN.begin)
    loop.add_signal_handler(signal.SIGUSR2, lambda: out.write_text(json.dumps(report())))
    loop.add_signal_handler(signal.SIGHUP, Samples(out.with_name("samples.txt")).turn)
    settings = msgspec.structs.replace(
        settings_of(os.environ, data_dir), disable_auth=True, log_level="error"
    )
    ending = await serve(
        settings, stopping, lambda banner: print(banner.api, flush=True), factories=factories
    )
    return ending.clean


def exchange(symbols: int) -> int:
    """The sandbox exchange in a process of its own; with KAFKA_BROKERS as the whole platform, which
    writes its market to the topics."""
    made = tuple(listings(symbols).values())
    market_maker.cli.emulate.ExchangeServer = SeenServer
    market_maker.cli.emulate_platform.ExchangeServer = SeenServer
    if os.environ.get("BENCH_MARKET") == "load":
        market_maker.cli.emulate.Exchange = LoadExchange
        market_maker.cli.emulate_platform.Exchange = LoadExchange
    brokers = os.environ.get("KAFKA_BROKERS")
    if brokers is None:
        market_maker.cli.emulate.LISTINGS = made
        market_maker.cli.emulate.exchange(port=0, seed=1)
        return 0
    market_maker.cli.emulate_platform.LISTINGS = made
    free = dict.fromkeys(("port", "grpc_port", "metadata_port", "auth_port", "wallet_port"), 0)
    market_maker.cli.emulate_platform.platform(
        **free, seed=1, brokers=brokers, registry=os.environ["SCHEMA_REGISTRY_URL"]
    )
    return 0


def soak(symbols: int, data_dir: Path, out: Path) -> int:
    """The service without eyes, which says on SIGUSR2 what its memory holds."""
    worker_process.MODULE = "bench.soaked_worker"
    os.environ["BENCH_SYMBOLS"] = str(symbols)
    plain = without_eyes(symbols)

    async def watched() -> bool:
        stopping, loop = Stopping(), asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stopping.ask)
        loop.add_signal_handler(signal.SIGUSR2, lambda: memory.write_account(out))
        settings = msgspec.structs.replace(
            settings_of(os.environ, data_dir), disable_auth=True, log_level="error"
        )
        peak = loop.create_task(memory.watch_peak())
        ending = await serve(settings, stopping, shown, factories=plain)
        peak.cancel()
        return ending.clean

    def shown(banner: Banner) -> None:
        print(banner.api, banner.metrics, sep="\n", flush=True)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return 0 if runner.run(watched()) else 1


def service(symbols: int, data_dir: Path, out: Path) -> int:
    """The service itself. Its workers, where it has some, measure and its edge does not."""
    watch_collector()
    worker_process.MODULE = "bench.measured_worker"
    os.environ["BENCH_SYMBOLS"] = str(symbols)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        clean = runner.run(run(measuring(symbols), data_dir, out))
    return 0 if clean else 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.service_worker", description=__doc__)
    parser.add_argument("what", choices=["exchange", "service", "soak"])
    parser.add_argument("symbols", type=int)
    parser.add_argument("data_dir", type=Path, nargs="?")
    parser.add_argument("out", type=Path, nargs="?")
    options = parser.parse_args()
    if options.what == "exchange":
        return exchange(options.symbols)
    if options.what == "soak":
        return soak(options.symbols, options.data_dir, options.out)
    return service(options.symbols, options.data_dir, options.out)


if __name__ == "__main__":
    raise SystemExit(main())
