"""Who is asking."""

import pytest

pytestmark = pytest.mark.anyio


async def test_me_names_the_caller_and_its_roles(api):
    answer = (await api("GET", "/v1/me")).json()
    assert answer["subject"]
    assert answer["roles"] == sorted(answer["roles"])
