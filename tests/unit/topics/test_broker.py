from pathlib import Path

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.topics.broker import Brokers


def test_an_address_alone_is_reached_in_the_clear() -> None:
    options = Brokers(addresses="a:9092,b:9092").options()
    assert options["bootstrap.servers"] == "a:9092,b:9092"
    assert options["security.protocol"] == "PLAINTEXT"
    assert not [name for name in options if name.startswith(("sasl", "ssl"))]


def test_credentials_and_certificates_reach_the_client() -> None:
    options = Brokers(
        addresses="a:9093",
        protocol="SASL_SSL",
        mechanism="SCRAM-SHA-512",
        username="mm",
        password="hush",  # noqa: S106  a test's
        ca_file=Path("/ca.pem"),
    ).options()
    assert options["sasl.mechanism"] == "SCRAM-SHA-512"
    assert (options["sasl.username"], options["sasl.password"]) == ("mm", "hush")
    assert options["ssl.ca.location"] == "/ca.pem"


def test_a_protocol_with_credentials_wants_them() -> None:
    with pytest.raises(InvalidFieldError, match="KAFKA_SASL_USERNAME: missing"):
        Brokers(addresses="a:9093", protocol="SASL_SSL").options()
