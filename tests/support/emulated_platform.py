"""`market_maker emulate platform` as a process of its own."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.java_servers import JavaServer, Registry

MARKET_MAKER = str(Path(sys.executable).parent / "market_maker")
PORTS = ("--port", "--grpc-port", "--metadata-port", "--auth-port", "--wallet-port")
ANY_PORT = [text for port in PORTS for text in (port, "0")]
SAID = re.compile(
    r"platform at (?P<ORDER_SERVICE_URL>\S+) with .*, "
    r"metadata at (?P<METADATA_SERVICE_GRPC_URL>\S+) and (?P<METADATA_SERVICE_URL>\S+), "
    r"auth at (?P<AUTH_SERVICE_URL>\S+) of (?P<JWT_ISSUER>\S+), wallet at (?P<WALLET_URL>\S+)"
)
STOP_WITHIN_S = 120


@contextlib.contextmanager
def emulated_platform(
    broker: JavaServer, registry: Registry, seed: int = 1
) -> Iterator[dict[str, str]]:
    """The environment of a service on it. seed: of its markets."""
    topics = {"KAFKA_BROKERS": broker.address, "SCHEMA_REGISTRY_URL": registry.url}
    process = subprocess.Popen(
        [MARKET_MAKER, "emulate", "platform", *ANY_PORT, "--seed", str(seed)],
        env=os.environ | topics,  # noqa: TID251  for a child
        stdout=subprocess.PIPE,
        text=True,
        # A Ctrl-C at the terminal is for who started it, who ends it last.
        process_group=0,
    )
    try:
        line = process.stdout.readline()
        found = SAID.search(line)
        assert found, f"the emulated platform did not start: {line}"
        yield topics | found.groupdict()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_WITHIN_S)
        process.stdout.close()
