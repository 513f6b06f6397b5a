"""`make platform`: the exchange's platform on this machine, all of it real servers on loopback.

Broker, schema registry, PostgreSQL, Redis, the emulated exchange (order service, metadata by gRPC
and REST, auth, wallet) and the service with its panel. A pool is led to quoting through the
runbook; everything ends by process id, the service first.
"""

import argparse
import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from market_maker.cli.service_client import ServiceClient
from market_maker.cli.tour import MEMBERS, POOL, Tour
from market_maker.model.caller import Role
from tests.java_servers import running_kafka, running_registry
from tests.servers import need_postgresql, running_postgresql, running_redis
from tests.support.emulated_platform import MARKET_MAKER, emulated_platform

SERVES = re.compile(r"market_maker serves at (\S+)")
STOP_WITHIN_S = 60
DATABASE = "market_maker"


@contextlib.contextmanager
def platform(folder: Path) -> Iterator[dict[str, str]]:
    """Everything but the service; the environment that it takes. folder: the service's data."""
    with contextlib.ExitStack() as stack:
        start = stack.enter_context
        postgresql = start(running_postgresql(need_postgresql()))
        redis = start(running_redis())
        broker, registry = start(running_kafka()), start(running_registry())
        around = start(emulated_platform(broker, registry))
        own = {
            "POSTGRES_URL": asyncio.run(postgresql.create(DATABASE)),
            "REDIS_URL": redis.url,
            "MM_DATA_DIR": str(folder),
            "AUTH_CLIENT_ID": "panel",
        }
        environment = dict(os.environ) | around | own
        subprocess.run([MARKET_MAKER, "db", "upgrade"], env=environment, check=True)
        yield environment


@contextlib.contextmanager
def service(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Its address, and what it says of itself."""
    with (Path(environment["MM_DATA_DIR"]) / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [MARKET_MAKER, "serve"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            process_group=0,
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = SERVES.search(line)
        assert found, f"the service did not start: see {environment['MM_DATA_DIR']}/service.log"
        yield found[1], process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_WITHIN_S)
        process.stdout.close()


def token(environment: Mapping[str, str], *roles: str) -> str:
    """Of the emulated auth service; with all roles unless some are given."""
    wanted = {"subject": "developer", "roles": roles or [str(role) for role in Role]}
    answer = httpx.post(f"{environment['AUTH_SERVICE_URL']}/v1/tokens", json=wanted)
    given: str = answer.json()["token"]
    return given


async def lead(environment: Mapping[str, str], url: str, seconds: float | None) -> None:
    """Through the runbook; then quote until a signal comes, or for so long."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with ServiceClient(url, lambda: token(environment)) as client:
        tour = Tour(client, POOL, MEMBERS, print)
        await tour.begin()
        print("quoting; Ctrl-C cancels every order and stops all servers\n")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
        await tour.end()


def lines_shown(environment: Mapping[str, str], banner: str) -> Iterator[str]:
    """Where everything is."""
    names = ("KAFKA_BROKERS", "SCHEMA_REGISTRY_URL", "POSTGRES_URL", "REDIS_URL")
    exchange = ("ORDER_SERVICE_URL", "METADATA_SERVICE_GRPC_URL", "METADATA_SERVICE_URL")
    for name in (*names, *exchange, "WALLET_URL", "AUTH_SERVICE_URL", "MM_DATA_DIR"):
        yield f"{name}={environment[name]}"
    yield banner
    body = '{"subject": "developer", "roles": ["viewer", "operator", "risk"]}'
    yield f"a token: curl -s {environment['AUTH_SERVICE_URL']}/v1/tokens -d '{body}'"


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, help="End by itself after quoting so long.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="market-maker-platform-") as name:
        try:
            with platform(Path(name)) as environment, service(environment) as (url, banner):
                print("\n".join(lines_shown(environment, banner)), flush=True)
                asyncio.run(lead(environment, url, given.seconds))
        except (pytest.skip.Exception, pytest.fail.Exception) as missing:
            print(f"error: {missing.msg}", file=sys.stderr)
            return 2
    print("all servers have stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
