"""The environment: parsed strictly, and a doubtful shadow flag means shadow."""

from decimal import Decimal
from pathlib import Path

import pytest

from market_maker.model.errors import DomainError, InvalidDataError, InvalidFieldError
from market_maker.model.money import MoneyFlow
from market_maker.serving.watching import secrets_of
from market_maker.settings import (
    VARIABLES,
    Settings,
    misspelt_variables,
    settings_of,
    unused_variables,
)


def test_nothing_set_is_the_embedded_service() -> None:
    settings = settings_of({})
    assert settings == Settings()
    assert (settings.http_port, settings.metrics_port) == (8095, 9090)
    assert (settings.shutdown_timeout, settings.shadow_mode) == (30.0, False)


def test_an_empty_variable_is_an_unset_one() -> None:
    assert settings_of({"HTTP_PORT": "", "POSTGRES_URL": "  "}) == Settings()


def test_a_free_port_is_asked_for_by_name() -> None:
    assert settings_of({"HTTP_PORT": "any"}).http_port == 0


@pytest.mark.parametrize("variable", ["HTTP_PORT", "METRICS_PORT"])
@pytest.mark.parametrize(
    "text", ["0", "00", "70000", "-1", "9" * 5_000, "８０９５", "8095.0", "ANY"]
)
def test_a_port_is_one(variable: str, text: str) -> None:
    with pytest.raises(InvalidFieldError, match="1 to 65535, or any") as caught:
        settings_of({variable: text})
    assert caught.value.field == variable


@pytest.mark.parametrize("text", ["collector", "ftp://h", "http://", "http://h:x", "http://[h"])
@pytest.mark.parametrize("variable", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OPENOBSERVE_OTLP_ENDPOINT"])
def test_an_address_of_a_collector_is_one_and_is_not_repeated(variable: str, text: str) -> None:
    with pytest.raises(InvalidFieldError) as caught:
        settings_of({variable: text})
    assert caught.value.field == variable
    assert text not in str(caught.value)


def test_the_command_line_goes_before_the_environment() -> None:
    environ = {"MM_DATA_DIR": "/from/environment"}
    assert settings_of(environ).data_dir == Path("/from/environment")
    assert settings_of(environ, Path("given")).data_dir == Path("given")


@pytest.mark.parametrize(
    "text", ["true", "TRUE", "1", "yes", "ture", "flase", "2", "none", "?", "", " "]
)
def test_shadow_is_off_only_for_a_clear_no(text: str) -> None:
    assert settings_of({"MM_SHADOW_MODE": text}).shadow_mode


@pytest.mark.parametrize("text", ["false", "False", "0", "no", "off", " false "])
def test_a_clear_no_is_understood(text: str) -> None:
    assert not settings_of({"MM_SHADOW_MODE": text}).shadow_mode


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30.0), ("500ms", 0.5), ("2m", 120.0), ("10", 10.0), ("1.5s", 1.5)]
)
def test_spans_have_units(text: str, seconds: float) -> None:
    assert settings_of({"SHUTDOWN_TIMEOUT": text}).shutdown_timeout == seconds


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("HTTP_PORT", "65536"),
        ("HTTP_PORT", "70000"),
        ("METRICS_PORT", "x"),
        ("METRICS_PORT", "70000"),
        ("MM_DATA_DIR", "a\0b"),
        ("SHUTDOWN_TIMEOUT", "-5"),
        ("SHUTDOWN_TIMEOUT", "1e3"),
        ("SHUTDOWN_TIMEOUT", "inf"),
        ("SHUTDOWN_TIMEOUT", "25h"),
        ("DISABLE_AUTH", "ture"),
        ("HTTP_PORT", "-1"),
        ("HTTP_PORT", "80x"),
        ("HTTP_PORT", "８０"),
        ("METRICS_PORT", "1e3"),
        ("SHUTDOWN_TIMEOUT", "0s"),
        ("SHUTDOWN_TIMEOUT", "soon"),
        ("SHUTDOWN_TIMEOUT", "1e9s"),
        ("SHUTDOWN_TIMEOUT", "nan"),
        ("DISABLE_AUTH", "maybe"),
        ("REQUIRE_HALT_REVIEW", "2"),
        ("MM_SANDBOX_SEED", "1.5"),
        ("PERFORMANCE_SNAPSHOT_INTERVAL", "99ms"),
        ("PERFORMANCE_SNAPSHOT_INTERVAL", "2h"),
        ("PERFORMANCE_SNAPSHOT_INTERVAL", "0"),
        ("WALLET_URL", "wallet:8080"),
        ("SETTLEMENT_MONEY_FLOW", "mine"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_name(variable: str, text: str) -> None:
    with pytest.raises(InvalidFieldError) as caught:
        settings_of({variable: text})
    assert caught.value.field == variable


def test_settlement_is_paid_and_scored_as_it_is_set() -> None:
    settings = settings_of(
        {
            "PERFORMANCE_SNAPSHOT_INTERVAL": "500ms",
            "WALLET_URL": "https://wallet:8080/api",
            "WALLET_TOKEN": "s3cret",
            "SETTLEMENT_MONEY_FLOW": "system_capital",
        }
    )
    assert settings.performance_snapshot_interval == 0.5
    assert (settings.wallet_url, settings.wallet_token) == ("https://wallet:8080/api", "s3cret")
    assert settings.money_flow is MoneyFlow.SYSTEM_CAPITAL
    assert "s3cret" in secrets_of(settings)


def test_a_limit_on_everything_is_an_amount() -> None:
    settings = settings_of({"MAX_TOTAL_EXPOSURE_USDT": "250000.5"})
    assert settings.max_total_exposure_usdt == Decimal("250000.5")
    assert settings_of({}).max_total_exposure_usdt is None


@pytest.mark.parametrize("text", ["0", "-1", "nan", "1e5", "much", "1" * 30])
def test_what_is_no_limit_on_everything_is_refused(text: str) -> None:
    with pytest.raises(InvalidFieldError) as caught:
        settings_of({"MAX_TOTAL_EXPOSURE_USDT": text})
    assert caught.value.field == "MAX_TOTAL_EXPOSURE_USDT"


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("MM_SHADOWMODE", "MM_SHADOW_MODE"),
        ("MM_DATADIR", "MM_DATA_DIR"),
        ("MM_X", "validate-config"),
    ],
)
def test_an_unknown_variable_of_ours_is_refused_with_the_nearest_name(variable, nearest) -> None:
    with pytest.raises(InvalidDataError, match=f"^{variable}: there is no such setting") as caught:
        settings_of({variable: "hunter2"})
    assert nearest in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert settings_of({"MMX_DATA_DIR": "1", "SHADOW_MODE": "1"}) == Settings()


def test_documented_variables_without_a_function_are_named_when_they_are_set() -> None:
    environ = {"METADATA_SERVICE_URL": "http://m", "KAFKA_BROKERS": " ", "HTTP_PORT": "1"}
    assert unused_variables(environ) == ["METADATA_SERVICE_URL"]
    assert settings_of(environ).http_port == 1


def test_the_metadata_service_needs_an_order_service_and_an_address_without_a_scheme() -> None:
    environ = {"METADATA_SERVICE_GRPC_URL": "localhost:50051"}
    assert unused_variables(environ) == ["METADATA_SERVICE_GRPC_URL"]
    environ |= {"ORDER_SERVICE_URL": "http://o:3000", "METADATA_SERVICE_URL": "http://m:8080"}
    assert unused_variables(environ) == []
    settings = settings_of(environ)
    assert (settings.metadata_address, settings.metadata_url) == (
        "localhost:50051",
        "http://m:8080",
    )
    with pytest.raises(InvalidFieldError, match="METADATA_SERVICE_GRPC_URL: 'http://m' is not all"):
        settings_of({"METADATA_SERVICE_GRPC_URL": "http://m"})
    with pytest.raises(InvalidFieldError, match="allowed: host:port, a port from 1 to 65535"):
        settings_of({"METADATA_SERVICE_GRPC_URL": "localhost:99999"})


@pytest.mark.parametrize(
    "text",
    ["kafka", "a:b", "http://a:9092", "a:9092,", "a:9092;b:9092", "a:0", "a:9092,b:65536"],
)
def test_brokers_that_are_no_addresses_are_refused(text: str) -> None:
    with pytest.raises(InvalidFieldError, match=r"KAFKA_BROKERS: .*host:port"):
        settings_of({"KAFKA_BROKERS": text})


def test_brokers_and_how_they_are_reached() -> None:
    environ = {
        "KAFKA_BROKERS": "a:9092, [::1]:9093",
        "SCHEMA_REGISTRY_URL": "http://r:8081/",
        "KAFKA_SECURITY_PROTOCOL": "sasl_ssl",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-256",
    }
    settings = settings_of(environ)
    assert settings.kafka_brokers == "a:9092,[::1]:9093"
    assert settings.schema_registry_url == "http://r:8081"
    assert settings.kafka_security_protocol == "SASL_SSL"
    assert settings.kafka_sasl_mechanism == "SCRAM-SHA-256"


def test_a_protocol_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidFieldError, match="PLAINTEXT or SSL or SASL_PLAINTEXT or SASL_SSL"):
        settings_of({"KAFKA_SECURITY_PROTOCOL": "TLS"})


ADDRESSES = (
    "http://user:hunter2@host",
    "http://user:hunter2@host:port",
    "ftp://user:hunter2@host/x?y#z",
    "postgresql://user:hunter2@host:port/name",
    "user:hunter2@host:9092",
    "hunter2@host",
    "redis://:hunter2@host",
    "//user:hunter2@[::1",
)


@pytest.mark.parametrize("text", ADDRESSES)
@pytest.mark.parametrize("variable", VARIABLES)
def test_no_setting_repeats_what_may_be_an_address_with_a_password(variable, text) -> None:
    said = f"{variable}: "
    try:
        settings_of({variable: text})
    except DomainError as error:
        said = str(error)
    assert said.startswith(f"{variable}: ")
    assert "hunter2" not in said


def test_what_is_nearly_called_like_a_setting_is_named_and_not_refused() -> None:
    environ = {"POSTGRES_URI": "x", "HYPERLIQUID_PRIVATEKEY": "y", "PATH": "z", "HTTP_PORT": "1"}
    assert misspelt_variables(environ) == {
        "HYPERLIQUID_PRIVATEKEY": "HYPERLIQUID_PRIVATE_KEY",
        "POSTGRES_URI": "POSTGRES_URL",
    }
    assert settings_of(environ).http_port == 1


def test_the_token_of_commands_is_no_setting_and_not_unknown_either():
    assert settings_of({"MM_TOKEN": "of an operator"}) == Settings()
