from pathlib import Path

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.topics.broker import Brokers
from tests.support.certificates import Authority


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


def refusal(**given: object) -> str:
    with pytest.raises(InvalidFieldError) as refused:
        Brokers(addresses="a:9093", **{"protocol": "SSL", **given}).check_files()  # type: ignore[arg-type]
    return str(refused.value)


def test_files_that_are_what_they_should_be_are_taken(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "trusted")
    own = authority.server("ours")
    for protocol in ("SSL", "SASL_SSL"):
        Brokers(
            addresses="a:9093",
            protocol=protocol,
            ca_file=authority.certificate,
            certificate_file=own,
            key_file=own,
        ).check_files()
    Brokers(addresses="a:9093", protocol="SSL", ca_file=tmp_path).check_files()
    Brokers(addresses="a:9092").check_files()


def test_a_file_that_is_missing_or_something_else_is_named_with_its_setting(tmp_path: Path) -> None:
    gone, other = tmp_path / "gone", tmp_path / "other"
    other.write_text("hello")
    said = refusal(ca_file=gone)
    assert said.startswith(f"KAFKA_SSL_CA_FILE: '{str(tmp_path)[:20]}")
    assert said.endswith("allowed: a file of certificates in PEM (no such file or directory)")
    assert "(it is another one)" in refusal(ca_file=other)
    whose = "KAFKA_SSL_CERTIFICATE_FILE: "
    assert refusal(certificate_file=gone, key_file=other).startswith(whose)
    authority = Authority(tmp_path, "trusted")
    ours, theirs = authority.server("ours"), authority.server("theirs")
    assert "(it is another one)" in refusal(certificate_file=ours, key_file=theirs)


def test_a_file_that_nothing_reads_and_half_a_pair_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert refusal(certificate_file=file) == (
        "KAFKA_SSL_KEY_FILE: missing; set with KAFKA_SSL_CERTIFICATE_FILE"
    )
    assert refusal(key_file=file).startswith("KAFKA_SSL_CERTIFICATE_FILE: missing")
    assert refusal(ca_file=file, protocol="SASL_PLAINTEXT").endswith(
        "allowed: unset, or KAFKA_SECURITY_PROTOCOL=SSL or SASL_SSL"
    )
