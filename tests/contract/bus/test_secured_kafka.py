"""A broker that requires TLS and a password; every mistake about it is one line."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from market_maker.bus.kafka import KafkaBus
from market_maker.bus.topics import TOPICS
from market_maker.clocks import WallClock
from market_maker.model.errors import BusUnavailableError
from market_maker.topics.broker import Brokers
from market_maker.topics.registry import SchemaRegistry
from market_maker.topics.schema_files import CONSUMED
from market_maker.venues.exchange.parking import ParkingLot
from market_maker.venues.exchange.reader import ExchangeReader
from tests.java_servers import JavaServer, Registry, running_kafka
from tests.support.certificates import Authority
from tests.support.tls_listener import LOOPBACK, tls_listener
from tests.unit.telemetry.lines import Lines

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

USER, PASSWORD = "maker", "hunter77hunter"
STRANGER = "stranger"
"""Known to the broker, and on no access list."""
JAAS = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required "
    f'username="{USER}" password="{PASSWORD}" user_{USER}="{PASSWORD}" '
    f'user_{STRANGER}="{PASSWORD}";'
)


def listener(server: Path) -> dict[str, str]:
    return {
        "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "SASL_SSL",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": JAAS,
        # The controller's own connection is not encrypted, and has no name.
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{USER};User:ANONYMOUS",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(server),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(server.parent / "trusted.pem"),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder, "trusted")


@pytest.fixture(scope="module")
def secured(authority: Authority) -> Iterator[JavaServer]:
    with running_kafka(listener(authority.server("broker"))) as server:
        yield server


def brokers(server: JavaServer, authority: Authority, **other: object) -> Brokers:
    right = Brokers(
        addresses=server.address,
        protocol="SASL_SSL",
        mechanism="PLAIN",
        username=USER,
        password=PASSWORD,
        ca_file=authority.certificate,
    )
    return structs.replace(right, **other)


async def problem_of_bus(reached: Brokers, registry: Registry) -> str:
    bus = KafkaBus(reached, SchemaRegistry(registry.url, timeout_s=30.0))
    with pytest.raises(BusUnavailableError) as found:
        await bus.check()
    assert bus.problem == str(found.value)
    return bus.problem


async def problem_of_reader(reached: Brokers, registry: Registry, folder: Path) -> str:
    """Said once, in one line of the log."""
    lines = Lines()
    schemas = SchemaRegistry(registry.url, timeout_s=30.0)
    parking = ParkingLot(folder / "parked")
    reader = ExchangeReader(reached, schemas, parking, WallClock(), lines)
    before = reader.problem
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(reader.run())
        while reader.problem == before:  # noqa: ASYNC110  the reader's own thread
            await asyncio.sleep(0.05)
        running.cancel()
    assert [event for _, event, _ in lines.written] == ["exchange topics not read"]
    return reader.problem


async def test_with_the_right_certificates_and_password_what_is_missing_are_the_topics(
    secured: JavaServer, authority: Authority, registry: Registry, tmp_path: Path
) -> None:
    reached = brokers(secured, authority)
    missing = f"KAFKA_BROKERS {secured.address}: there is no topic "
    assert await problem_of_bus(reached, registry) == missing + ", ".join(TOPICS)
    assert await problem_of_reader(reached, registry, tmp_path) == missing + ", ".join(CONSUMED)


WRONG = {
    "the password": ({"password": "not this one"}, "Authentication failed"),
    "the user": ({"username": "somebody"}, "Authentication failed"),
    "the mechanism": ({"mechanism": "SCRAM-SHA-256"}, "SCRAM-SHA-256"),
    "the protocol": ({"protocol": "PLAINTEXT"}, "no answer"),
    "the certificate": ({"ca_file": "other"}, "certificate verify failed"),
}


@pytest.fixture(scope="module")
def problems(
    secured: JavaServer, authority: Authority, registry: Registry, folder: Path
) -> dict[str, tuple[str, str]]:
    """What the bus and the reader say of each of WRONG; all are asked at once, for each is waited
    for."""

    async def of(name: str, wrong: dict[str, object]) -> tuple[str, str]:
        own = folder / name.replace(" ", "_")
        own.mkdir()
        if "ca_file" in wrong:
            wrong = {"ca_file": Authority(own, "other").certificate}
        reached = brokers(secured, authority, **wrong)
        return await asyncio.gather(
            problem_of_bus(reached, registry), problem_of_reader(reached, registry, own)
        )

    async def of_all() -> list[tuple[str, str]]:
        return await asyncio.gather(*(of(name, wrong) for name, (wrong, _) in WRONG.items()))

    return dict(zip(WRONG, asyncio.run(of_all()), strict=True))


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_is_said_in_one_line_without_the_password(
    secured: JavaServer, problems: dict[str, tuple[str, str]], name: str
) -> None:
    wrong, said = WRONG[name]
    for problem in problems[name]:
        assert problem.startswith(f"KAFKA_BROKERS {secured.address}: ")
        assert said in problem
        assert "\n" not in problem
        assert PASSWORD not in problem
        assert str(wrong.get("password")) not in problem


async def test_a_user_on_no_access_list_is_refused_by_the_broker_and_not_unanswered(
    secured: JavaServer, authority: Authority, registry: Registry, tmp_path: Path
) -> None:
    reached = brokers(secured, authority, username=STRANGER)
    of_bus = await problem_of_bus(reached, registry)
    assert of_bus.startswith(f"KAFKA_BROKERS {secured.address}: ")
    # Either comes first: a producer asks for its number, too.
    assert "does not let this user see topic" in of_bus or "authorization failed" in of_bus
    assert "no answer" not in of_bus
    assert await problem_of_reader(reached, registry, tmp_path) == (
        f"KAFKA_BROKERS {secured.address}: the broker does not let this user see topic "
        + ", ".join(CONSUMED)
    )


async def test_an_expired_certificate_is_said_to_fail_verification(
    authority: Authority, registry: Registry, secured: JavaServer
) -> None:
    """A broker does not start with one; it runs on with one that ends."""
    with tls_listener(authority.server("expired", days=-1)) as port:
        address = f"{LOOPBACK}:{port}"
        problem = await problem_of_bus(brokers(secured, authority, addresses=address), registry)
    assert problem.startswith(f"KAFKA_BROKERS {address}: ")
    # That is all that the client is given by its TLS library.
    assert "certificate verify failed" in problem
