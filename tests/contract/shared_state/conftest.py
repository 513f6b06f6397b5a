import pytest

from tests.servers import redis

__all__ = ["redis"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
