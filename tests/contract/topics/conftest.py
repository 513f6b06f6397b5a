import pytest

from tests.java_servers import kafka, registry

__all__ = ["kafka", "registry"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
