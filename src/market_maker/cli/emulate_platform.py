"""`market_maker emulate platform`: the exchange around the service, on one machine."""

import asyncio
from contextlib import suppress
from typing import Annotated

import typer
from msgspec import Struct

from market_maker.cli.emulate_serving import run, serve_all
from market_maker.clocks import TimeOfDay, WallClock
from market_maker.emulators.auth import AuthServer
from market_maker.emulators.engine_hand import engine_routes
from market_maker.emulators.exchange import Exchange
from market_maker.emulators.metadata import InstrumentBook, MetadataServer
from market_maker.emulators.publisher import Publisher
from market_maker.emulators.server import NO_WIRE_FAULTS, ExchangeServer
from market_maker.emulators.wallet import TransferBook, WalletFaults, WalletServer
from market_maker.model.errors import InvalidDataError, VenueUnavailableError
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.sandbox.listings import LISTINGS
from market_maker.topics.broker import Brokers
from market_maker.topics.registry import PATIENT_S, SchemaRegistry
from market_maker.venues.metadata import metadata_pb2 as wire
from market_maker.venues.metadata.instrument_entry import instrument_entry

ISSUER, AUDIENCE = "market-maker-emulated", "market-maker"
OPEN = (wire.INSTRUMENT_STATUS_TRADING, wire.INSTRUMENT_STATUS_POST_ONLY)
GRACE_S = 1.0


class _Ports(Struct, frozen=True):
    orders: int
    metadata: int
    grpc: int
    auth: int
    wallet: int


def _port(help_text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(help=help_text, min=0, max=65_535)
    return option


def platform(
    *,
    port: Annotated[int, _port("Of the order service, on loopback; 0 takes a free one.")] = 3000,
    grpc_port: Annotated[int, _port("Of the metadata service by gRPC.")] = 50051,
    metadata_port: Annotated[int, _port("Of the metadata service by REST.")] = 8080,
    auth_port: Annotated[int, _port("Of the auth service.")] = 3004,
    wallet_port: Annotated[int, _port("Of the wallet.")] = 3002,
    seed: Annotated[int, typer.Option(help="Of the markets.")] = 1,
    brokers: Annotated[
        str, typer.Option(envvar="KAFKA_BROKERS", help="host:port of the Kafka brokers.")
    ] = "localhost:9092",
    registry: Annotated[
        str, typer.Option(envvar="SCHEMA_REGISTRY_URL", help="The schema registry.")
    ] = "http://localhost:8081",
) -> None:
    """Run the sandbox exchange as an order service that writes its market and what becomes of
    orders to Kafka, with a metadata service, an auth service and a wallet beside it. Missing
    topics are created, and all schemas registered."""
    ports = _Ports(port, metadata_port, grpc_port, auth_port, wallet_port)
    schemas = SchemaRegistry(registry, timeout_s=PATIENT_S)
    run(_run(ports, seed, Brokers(addresses=brokers), schemas))


async def _run(ports: _Ports, seed: int, brokers: Brokers, registry: SchemaRegistry) -> None:
    clock = WallClock()
    exchange = Exchange(LISTINGS, seed, clock.now())
    # Every start is later than the one before, by more than a second.
    epoch = clock.now() // NANOS_PER_SECOND
    publisher = Publisher(exchange, brokers, registry, clock, epoch)
    await publisher.prepare()
    orders = ExchangeServer(exchange, clock, NO_WIRE_FAULTS, seed, on_tick=publisher.publish)
    orders.app.add_routes(engine_routes(publisher.begin_epoch, publisher.show_books))

    def changed(instrument: wire.Instrument) -> None:
        """What the list says of trading and of orders, the matching engine does; what it says in
        error, it does not."""
        market = exchange.market(instrument.symbol)
        market.set_halted(clock.now(), instrument.status not in OPEN)
        with suppress(InvalidDataError):
            market.limit(clock.now(), instrument_entry(instrument).instrument.limits)

    metadata = MetadataServer(InstrumentBook(LISTINGS, clock), clock, changed)
    try:
        listed, grpc_port = metadata.grpc_server(ports.grpc)
    except RuntimeError as error:
        raise VenueUnavailableError(f"--grpc-port {ports.grpc}: cannot listen there") from error
    doors = {
        "orders": (orders.app, ports.orders),
        "metadata": (metadata.app, ports.metadata),
        "auth": (AuthServer(ISSUER, AUDIENCE, TimeOfDay()).app, ports.auth),
        "wallet": (WalletServer(TransferBook(), WalletFaults(), seed).app, ports.wallet),
    }
    said = (
        f"platform at {{orders}} with {len(LISTINGS)} instruments, topics at {brokers.addresses}, "
        f"metadata at 127.0.0.1:{grpc_port} and {{metadata}}, auth at {{auth}} of {ISSUER}, "
        "wallet at {wallet}"
    )
    await listed.start()
    async with asyncio.TaskGroup() as tasks:
        publishing = tasks.create_task(publisher.run())
        await serve_all(doors, said)
        publishing.cancel()
    await listed.stop(GRACE_S)
