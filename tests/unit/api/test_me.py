"""Who is asking."""

import pytest

pytestmark = pytest.mark.anyio


async def test_me_names_the_caller_and_its_roles(api):
    answer = (await api("GET", "/v1/me")).json()
    assert answer["subject"]
    assert answer["roles"] == sorted(answer["roles"])
    assert answer["token_id"]
    assert answer["authentication"] == "on"
    assert answer["expires_at"] > answer["server_time"]


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [("viewer", "getMe", "pausePool"), ("operator", "pausePool", "paySettlement")],
)
async def test_me_says_of_every_operation_whether_the_caller_may(api, role, may, may_not):
    answer = (await api("GET", "/v1/me", role=role)).json()
    assert (answer["may"][may], answer["may"][may_not]) == (True, False)
    described = (await api("GET", "/openapi.json")).json()["paths"]
    operations = {each["operationId"] for path in described.values() for each in path.values()}
    assert set(answer["may"]) == operations


async def test_without_authentication_nothing_expires_and_everything_is_allowed(open_api):
    answer = (await open_api("GET", "/v1/me", role=None)).json()
    assert (answer["authentication"], answer["expires_at"]) == ("off", None)
    assert all(answer["may"].values())
