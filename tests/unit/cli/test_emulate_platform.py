import pytest
from typer.testing import CliRunner

from market_maker.cli.emulate import app
from market_maker.emulators import publisher
from market_maker.model.errors import VenueUnavailableError
from tests.servers import free_port


def test_a_platform_without_a_broker_ends_with_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publisher, "PATIENCE_S", 0.2)
    address = f"127.0.0.1:{free_port()}"
    done = CliRunner().invoke(app, ["platform", "--port", "0", "--brokers", address])
    assert isinstance(done.exception, VenueUnavailableError)
    assert str(done.exception).startswith(f"brokers {address}: ")
