"""`market_maker emulate platform`: the exchange around the service, on one machine."""

import asyncio
from typing import Annotated

import typer

from market_maker.cli.emulate_serving import serve
from market_maker.clocks import WallClock
from market_maker.emulators.exchange import Exchange
from market_maker.emulators.publisher import Publisher
from market_maker.emulators.server import NO_WIRE_FAULTS, ExchangeServer
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.sandbox.listings import LISTINGS
from market_maker.topics.broker import Brokers
from market_maker.topics.registry import SchemaRegistry


def platform(
    *,
    port: Annotated[
        int, typer.Option(help="TCP port on loopback; 0 takes a free one.", min=0, max=65_535)
    ] = 3000,
    seed: Annotated[int, typer.Option(help="Of the markets.")] = 1,
    brokers: Annotated[
        str, typer.Option(envvar="KAFKA_BROKERS", help="host:port of the Kafka brokers.")
    ] = "localhost:9092",
    registry: Annotated[
        str, typer.Option(envvar="SCHEMA_REGISTRY_URL", help="The schema registry.")
    ] = "http://localhost:8081",
) -> None:
    """Run the sandbox exchange as an order service that writes its market and what becomes of
    orders to Kafka. Missing topics are created, and all schemas registered."""
    asyncio.run(_run(port, seed, Brokers(addresses=brokers), SchemaRegistry(registry)))


async def _run(port: int, seed: int, brokers: Brokers, registry: SchemaRegistry) -> None:
    clock = WallClock()
    exchange = Exchange(LISTINGS, seed, clock.now())
    # Every start is later than the one before, by more than a second.
    epoch = clock.now() // NANOS_PER_SECOND
    publisher = Publisher(exchange, brokers, registry, clock, epoch)
    await publisher.prepare()
    server = ExchangeServer(exchange, clock, NO_WIRE_FAULTS, seed, on_tick=publisher.publish)
    async with asyncio.TaskGroup() as tasks:
        publishing = tasks.create_task(publisher.run())
        said = f"platform at {{url}} with {len(LISTINGS)} instruments, topics at "
        await serve(server.app, port, said + brokers.addresses)
        publishing.cancel()
