import pytest
from typer.testing import CliRunner

from market_maker.cli import schemas
from market_maker.cli.schemas import app
from market_maker.model.errors import InvalidFieldError, RegistryUnavailableError
from market_maker.topics.registry import PATIENT_S, TIMEOUT_S
from tests.servers import free_port


@pytest.mark.parametrize("command", ["register", "check"])
def test_without_a_registry_the_setting_is_named(command: str) -> None:
    done = CliRunner().invoke(app, [command], env={"SCHEMA_REGISTRY_URL": ""})
    assert isinstance(done.exception, InvalidFieldError)
    assert str(done.exception) == "SCHEMA_REGISTRY_URL: missing; the registry's address"


@pytest.mark.parametrize("command", ["register", "check"])
def test_a_registry_that_does_not_answer_is_an_error_of_the_world(command: str) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = CliRunner().invoke(app, [command], env={"SCHEMA_REGISTRY_URL": url})
    assert isinstance(done.exception, RegistryUnavailableError)


def test_a_command_waits_for_a_registry_that_starts_longer_than_a_service_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a machine with other work its first answer took more than two seconds."""
    monkeypatch.setenv("SCHEMA_REGISTRY_URL", "http://127.0.0.1:9")
    assert schemas._registry()._timeout.total == PATIENT_S > 5 * TIMEOUT_S
