"""Versions, events and explanations over REST."""

import pytest

from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.model.actions import Place
from market_maker.operations.explanations import explained
from tests.support.office import PATIENCE_S, SYMBOL
from tests.support.recorded import Recorded
from tests.unit.api.serving import client_of

pytestmark = pytest.mark.anyio
PATH = f"/v1/pools/{SYMBOL}"


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
