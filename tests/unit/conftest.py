"""A test has an office of its own where it asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.support.office import Office, new_office


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with new_office() as opened:
        yield opened
