"""What a form needs before anything is saved."""

import pytest

from tests.support.office import SYMBOL
from tests.unit.api.bodies import POOL
from tests.unit.api.serving import client_of

pytestmark = pytest.mark.anyio


async def test_a_preview_shows_the_ladder_and_saves_nothing(api):
    answer = await api("POST", "/v1/pools/preview?mid=10&sigma=40", json=POOL)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["preview"]["moment"]["mid"] == "10"
    assert found["preview"]["quotes"]
    assert found["would_loosen"] == []
    assert (await api("GET", "/v1/pools")).json()["items"] == []


async def test_a_preview_says_which_limits_it_loosens_and_who_may(office):
    await office.quoting()
    async with client_of(office) as client:
        path = f"/v1/pools/{SYMBOL}"
        current = (await client.get(path)).json()
        names = (await client.get("/openapi.json")).json()["components"]["schemas"]["PoolBody"]
        body = {name: current[name] for name in names["properties"] if name in current}
        body["max_pool_loss_usdt"] = "99000"
        found = (await client.post("/v1/pools/preview", json=body)).json()
    assert found["would_loosen"] == ["max_pool_loss_usdt"]
    assert found["roles_needed"] == ["risk"]
    assert len(found["preview"]["quotes"][0]["members"]) == 2


async def test_a_preview_that_cannot_work_names_the_field(api):
    body = POOL | {"symbol": "NOPE-PERP"}
    assert (await api("POST", "/v1/pools/preview", "operator", json=body)).status_code == 404
    wrong = await api("POST", "/v1/pools/preview?mid=0", "operator", json=POOL)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "mid")


async def test_instruments_say_whether_they_have_a_pool(office):
    await office.quoting()
    async with client_of(office) as client:
        items = (await client.get("/v1/instruments")).json()["items"]
    taken = {each["symbol"] for each in items if each["has_pool"]}
    assert taken == {SYMBOL}
    assert all(each["tick_size"] for each in items)
    assert {each["max_open_orders"] for each in items} == {0}
    assert len(items) > 1
