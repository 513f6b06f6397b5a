"""Every setting with its origin and its check; nothing secret."""

import json
from pathlib import Path

import pytest

from market_maker.cli import main
from market_maker.cli.validate_config import NEEDS, OK, checked
from market_maker.operations.maker_defaults import FILE_NAME
from market_maker.settings import VARIABLES


def rows(environ, data_dir=None):
    return {row.variable: row for row in checked(environ, data_dir)}


def test_every_setting_is_there_with_its_default():
    found = rows({})
    assert set(found) == set(VARIABLES)
    assert {row.origin for row in found.values()} == {"default"}
    assert {row.check for row in found.values()} == {OK}
    assert (found["HTTP_PORT"].value, found["SHUTDOWN_TIMEOUT"].value) == ("8095", "30s")
    assert found["SETTLEMENT_MONEY_FLOW"].value == "own_accounts"


def test_the_origin_is_the_last_word(tmp_path):
    found = rows({"MM_DATA_DIR": "/elsewhere", "HTTP_PORT": "any"}, tmp_path)
    assert (found["MM_DATA_DIR"].value, found["MM_DATA_DIR"].origin) == (
        str(tmp_path),
        "--data-dir",
    )
    assert (found["HTTP_PORT"].value, found["HTTP_PORT"].origin) == ("any", "environment")


@pytest.mark.parametrize(
    ("environ", "variable", "said"),
    [
        ({"HTTP_PORT": "x"}, "HTTP_PORT", "'x' is not allowed"),
        ({"MM_SHADOWMODE": "1"}, "MM_SHADOWMODE", "the nearest is MM_SHADOW_MODE"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL", "one of debug"),
        ({"JWKS_FILE": "/no/such"}, "JWT_ISSUER", "missing"),
        ({"JWKS_FILE": "/no/such"}, "JWKS_FILE", "no such file"),
        ({"POSTGRES_URL": "mysql://h/x"}, "POSTGRES_URL", "postgres"),
        ({"DISABLE_AUTH": "true", "HTTP_HOST": "0.0.0.0"}, "DISABLE_AUTH", "others can reach"),  # noqa: S104
        ({"METRICS_PORT": "8095"}, "METRICS_PORT", "the same as HTTP_PORT"),
        ({"PANEL_PORT": "8095"}, "PANEL_PORT", "the same as HTTP_PORT"),
        ({"PANEL_PORT": "9090"}, "PANEL_PORT", "the same as METRICS_PORT"),
        ({"MM_HYPERLIQUID": "true"}, "files", "HYPERLIQUID_PRIVATE_KEY: is not set"),
        (
            {"MM_HYPERLIQUID": "true", "HYPERLIQUID_PRIVATE_KEY_FILE": "/no/such"},
            "files",
            "/no/such",
        ),
        (
            {"MM_HYPERLIQUID": "true", "HYPERLIQUID_PRIVATE_KEY": "hunter66"},
            "HYPERLIQUID_PRIVATE_KEY",
            "64 hex digits",
        ),
        ({"WATCHDOG_HYPERLIQUID_KEY_FILE": "/no/such"}, "files", "/no/such"),
        ({"JWKS_FILE": __file__, "JWT_ISSUER": "me"}, "files", "is not a JSON Web Key Set"),
        ({"MM_DATA_DIR": "/dev/null"}, "MM_DATA_DIR", "is no directory to write to: File exists"),
    ],
)
def test_what_serve_would_refuse_is_refused_here_with_the_reason(environ, variable, said):
    refused = [row for row in checked(environ, None) if row.refused]
    assert any(row.variable == variable and said in row.check for row in refused)


@pytest.mark.parametrize(
    ("text", "variable", "said"),
    [
        ("risk_limits:\n  max_loss: 500\n", "max_loss", "below 0"),
        ("risk_limits:\n  max_los: -500\n", "max_los", "max_loss"),
        ("nonsense\n", "files", "line 1"),
    ],
)
def test_the_file_of_maker_start_is_tried(tmp_path, text, variable, said):
    (tmp_path / FILE_NAME).write_text(text)
    (found,) = [row for row in checked({}, tmp_path) if row.refused]
    assert found.variable == variable
    assert said in found.check


def test_what_maker_start_begins_with_is_shown_with_where_it_comes_from(tmp_path):
    (tmp_path / FILE_NAME).write_text(
        "market_making:\n  base_spread: 0.003\nrisk_limits:\n  max_loss: -500.0\n"
    )
    found = rows({}, tmp_path)
    assert not any(row.refused for row in found.values())
    shown = {
        name: (found[name].value, found[name].origin)
        for name in ("market_making.base_spread", "risk_limits.max_loss", "inventory.max_inventory")
    }
    assert shown == {
        "market_making.base_spread": ("0.003", FILE_NAME),
        "risk_limits.max_loss": (
            "-500.0",
            FILE_NAME,
        ),  # as documented, and written down all the same
        "inventory.max_inventory": ("100.0", "default"),
    }
    assert found["risk_limits.total_capital"].value == "-"


def test_host_and_port_are_shown_as_they_were_written():
    found = rows({"METADATA_SERVICE_GRPC_URL": "list:50051", "ORDER_SERVICE_URL": "http://o"})
    assert found["METADATA_SERVICE_GRPC_URL"].value == "list:50051"


@pytest.mark.parametrize(
    ("environ", "variable", "said"),
    [
        ({}, "METADATA_SERVICE_GRPC_CA_FILE", "unset, or METADATA_SERVICE_GRPC_TLS=true"),
        ({"METADATA_SERVICE_GRPC_TLS": "true"}, "files", "/absent.pem: cannot be read"),
    ],
)
def test_the_metadata_service_s_files_are_tried(environ, variable, said):
    given = {"METADATA_SERVICE_GRPC_CA_FILE": "/absent.pem"} | environ
    found = [row for row in checked(given, None) if row.origin == "together"]
    assert [row.variable for row in found] == [variable]
    assert said in found[0].check
    assert found[0].refused


def test_a_documented_variable_without_a_function_is_a_warning():
    row = rows({"METADATA_SERVICE_URL": "http://localhost"})["METADATA_SERVICE_URL"]
    assert row.check.startswith("warning: has no function here")
    assert not row.refused


@pytest.mark.parametrize(("variable", "other"), NEEDS.items())
def test_what_does_nothing_without_another_setting_is_a_warning(variable, other):
    value = "https://there:1" if variable.endswith("REGISTRY_URL") else "there:1"
    found = [row for row in checked({variable: value}, None) if row.variable == variable]
    assert found[-1].check == f"warning: does nothing without {other}"
    assert not found[-1].refused


def test_no_secret_is_shown():
    environ = {
        "WALLET_URL": "http://u:hunter22@w:80/x",
        "WALLET_TOKEN": "hunter33hunter",
        "POSTGRES_URL": "postgresql://mm:hunter44@db:5432/mm",
        "ORDER_SERVICE_URL": "http://u:hunter55@o/",
    }
    shown = " ".join(str(row) for row in checked(environ, None))
    assert "hunter" not in shown
    assert "u:…@w:80/x" in shown
    assert "db:5432" in shown


def test_the_command_prints_all_and_its_exit_code_says_whether_serve_would_start(
    capsys, monkeypatch, tmp_path
):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert main.run(["validate-config", "--data-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "all will do"
    monkeypatch.setenv("HTTP_PORT", "x")
    assert main.run(["validate-config"]) == 2
    assert capsys.readouterr().out.splitlines()[-1] == "1 would be refused"
    assert main.run(["validate-config", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert {
        "variable": "HTTP_HOST",
        "value": "127.0.0.1",
        "origin": "default",
        "check": "ok",
    } in told
    assert not Path("market_maker_data").exists()
