"""Asynchronous tests run on asyncio, each with an office of its own where it asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.support.office import Office, new_office


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with new_office() as opened:
        yield opened
