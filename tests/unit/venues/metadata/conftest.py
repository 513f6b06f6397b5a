import pytest

from tests.support.metadata_service import wait_for_it


@pytest.fixture
def anyio_backend(grpc_loops):
    return "asyncio", {"loop_factory": grpc_loops}


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    wait_for_it(monkeypatch)
