import pytest


@pytest.fixture
def anyio_backend(grpc_loops):
    return "asyncio", {"loop_factory": grpc_loops}
