"""Versions, events and explanations over REST."""

import pytest

from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.model.actions import Place
from market_maker.operations.explanations import explained
from tests.support.office import PATIENCE_S, SYMBOL
from tests.support.recorded import Recorded
from tests.unit.api.bodies import POOL
from tests.unit.api.serving import client_of

pytestmark = pytest.mark.anyio
PATH = f"/v1/pools/{SYMBOL}"
POOL_PATH = f"/v1/pools/{POOL['symbol']}"


async def test_versions_and_events_come_in_pages(office):
    await office.quoting()
    await office.recorder.flushed(PATIENCE_S)
    async with client_of(office) as client:
        versions = (await client.get(f"{PATH}/versions")).json()["items"]
        assert versions[-1]["version"] == 1
        one = (await client.get(f"{PATH}/versions/1")).json()
        assert one["config"]["symbol"] == SYMBOL
        for wrong in ("2000", "x"):
            assert (await client.get(f"{PATH}/versions/{wrong}")).status_code == 404
        seen, cursor = [], None
        while True:
            asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = (await client.get(f"{PATH}/events", params=asked)).json()
            seen += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        whole = (await client.get(f"{PATH}/events")).json()["items"]
        assert len(whole) > 2
        assert (await client.get("/v1/pools/NOPE-PERP/events")).status_code == 404


@pytest.fixture
async def versions(api):
    """Two of a pool."""
    assert (await api("POST", "/v1/pools", json=POOL)).status_code == 201
    second = POOL | {"gamma": "0.2", "max_pool_loss_usdt": "1000"}
    assert (await api("PUT", POOL_PATH, json=second)).status_code == 200


@pytest.mark.usefixtures("versions")
async def test_an_earlier_version_is_in_force_again_as_a_new_one_with_its_reason(api):
    path = f"{POOL_PATH}/versions/1/reinstate"
    late = await api("POST", path, "risk", headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["field"]) == (409, "version")
    missing = await api("POST", f"{POOL_PATH}/versions/9/reinstate", "risk")
    assert missing.status_code == 404
    answer = await api("POST", path, "risk", json={"reason": "bad fills"})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    assert POOL.items() <= (await api("GET", POOL_PATH)).json().items()
    newest = (await api("GET", f"{POOL_PATH}/versions")).json()["items"][0]
    changed = {each["field"]: each["loosens"] for each in newest["changed"]}
    assert (newest["version"], changed) == (3, {"gamma": False, "max_pool_loss_usdt": True})
    texts = [each["text"] for each in (await api("GET", f"{POOL_PATH}/events")).json()["items"]]
    assert (
        "configuration, version 3: gamma, max_pool_loss_usdt (version 1 again: bad fills)" in texts
    )


@pytest.mark.usefixtures("versions")
async def test_an_earlier_version_with_looser_limits_is_risks_alone(api):
    refused = await api("POST", f"{POOL_PATH}/versions/1/reinstate", "operator")
    assert refused.status_code == 403
    assert "max_pool_loss_usdt" in refused.json()["detail"]
    assert (await api("GET", POOL_PATH)).json()["version"] == 2


async def test_an_explanation_comes_from_the_journal(office, tmp_path):
    world = Recorded(3, tmp_path / JOURNAL_FOLDER)
    world.go(160).done()

    async def explain(symbol, meant):
        return explained(world.folder, symbol, meant)

    async with client_of(office, explain=explain) as client:
        early = await client.get(f"{PATH}/explain", params={"at": "2020-01-01T00:00:00Z"})
        assert early.status_code == 404
        answer = await client.get(f"{PATH}/explain", params={"at": "2100-01-01T00:00:00Z"})
        assert answer.status_code == 200
        assert answer.json()["symbol"] == SYMBOL
        placed = next(turn for turn in world.journal.turns if placed_by(turn))
        order_id = placed_by(placed)[0].order_id
        answer = await client.get(f"{PATH}/explain", params={"order_id": order_id})
        assert order_id in {each["order_id"] for each in answer.json()["sent"][0]["actions"]}
        missing = await client.get(f"{PATH}/explain", params={"fill": 2**62})
        assert missing.status_code == 404
        both = await client.get(f"{PATH}/explain", params={"fill": 1, "order_id": 1})
        assert (both.status_code, both.json()["field"]) == (422, "fill")


def placed_by(turn):
    return [each for each in turn.actions if isinstance(each, Place)]
