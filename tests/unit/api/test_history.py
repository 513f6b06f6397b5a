"""A pool's series over REST."""

import httpx
import pytest

from market_maker.api.history import COLUMNS
from tests.support.office import SYMBOL
from tests.unit.api.serving import client_of

pytestmark = pytest.mark.anyio
PATH = f"/v1/pools/{SYMBOL}/history"


@pytest.fixture
async def client(office):
    await office.quoting()
    async with client_of(office) as opened:
        yield opened


async def rows(client: httpx.AsyncClient, **asked) -> list[dict[str, object]]:
    answer = (await client.get(PATH, params=asked)).json()
    assert answer["columns"] == list(COLUMNS)
    return [dict(zip(answer["columns"], each, strict=True)) for each in answer["rows"]]


async def test_rows_have_exact_decimals_and_milliseconds(office, client):
    begun = office.clock.now()
    await office.application.history.step()
    ended = office.clock.now()
    (row,) = await rows(client, step="1s")
    assert row["ts"] in {moment // 10**9 * 1_000 for moment in (begun, ended)}
    assert isinstance(row["mid"], str)
    assert row["position"] == "0.000"
    assert row["quoting_bid"] is True


async def test_marks_stand_beside_the_rows(client):
    answer = (await client.get(PATH)).json()
    assert {mark["kind"] for mark in answer["marks"]} >= {"config", "state"}
    assert answer["step"] == "10s"


async def test_a_step_too_fine_for_its_span_is_refused_with_those_that_fit(client):
    asked = {"since": "2023-11-01T00:00:00Z", "until": "2023-11-14T00:00:00Z", "step": "1s"}
    problem = (await client.get(PATH, params=asked)).json()
    assert (problem["status"], problem["field"]) == (422, "step")
    assert problem["allowed"].endswith("5m, 1h")


async def test_a_symbol_without_a_pool_has_no_history(client):
    assert (await client.get("/v1/pools/NOPE-PERP/history")).status_code == 404
