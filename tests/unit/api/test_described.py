"""Every GET of a service that was used answers as the published description says."""

import jsonschema_rs
import pytest

from market_maker.api.openapi import describe
from market_maker.api.table import ROUTES
from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.journaling.journal_search import TurnOfMoment
from market_maker.model.calendar import month_of
from market_maker.model.caller import ANONYMOUS
from market_maker.model.report_jobs import ReportKind, ReportRequest
from market_maker.operations.explanations import explained
from market_maker.serving.report_desk import ReportDesk
from market_maker.storage.recording import write_recording
from tests.support.office import ANN, BOB, OTHER, PATIENCE_S, SYMBOL, config, new_office
from tests.support.recorded import SYMBOL as RECORDED
from tests.support.recorded import Recorded
from tests.toy_market import toy_recording
from tests.unit.api.serving import client_of
from tests.unit.api.trading import open_for_business, trade

pytestmark = pytest.mark.anyio
DOCUMENT = describe(ROUTES)
OF_MAKERS = "/maker/"
"""These know only symbols that were started at /maker/start."""
READ = [route for route in ROUTES if route.method == "GET" and not route.media]
GETS = [route for route in READ if not route.path.startswith(OF_MAKERS)]
NEEDED = {"listLedgerEntries": {"participant_id": "acme"}}


@pytest.fixture
async def used(tmp_path):
    """A client of a service with a closed month, a pool that quotes with a position, one that
    rests, and one that was stopped."""
    async with new_office() as office:
        month = month_of(office.clock.now()).previous
        await open_for_business(office.store)
        await trade(office.store, month_start=month.start)
        await office.application.settlements.close(ANONYMOUS, month.name)
        await office.application.pools.put(BOB, config())
        await office.application.controls.enable(ANN, SYMBOL)
        await office.until(lambda: len(office.venues[SYMBOL].open) >= 2)
        office.venues[SYMBOL].fill(next(iter(office.venues[SYMBOL].open)))
        await office.passes(300)
        await office.pool(OTHER)
        await office.application.alerts.step({"venue": "it does not answer"})
        await office.recorder.flushed(PATIENCE_S)
        world = Recorded(3, tmp_path / JOURNAL_FOLDER)
        world.go(60).done()

        async def explain(_symbol, _meant):
            return explained(world.folder, RECORDED, TurnOfMoment(world.engine.now))

        desk = ReportDesk(tmp_path, office.clock)
        (tmp_path / "recordings").mkdir()
        write_recording(tmp_path / "recordings" / "toy.mmrec", toy_recording(seconds=12))
        asked = ReportRequest(kind=ReportKind.REPLAY, recording="toy.mmrec")
        desk.start(asked, None, "someone")
        async with client_of(office, explain=explain, reports=desk) as client:
            yield client


async def newest_version(used, symbol):
    listed = (await used.get(f"/v1/pools/{symbol}/versions")).json()["items"]
    return listed[0]["version"]


def schema_of(route, status):
    content = DOCUMENT["paths"][route.path]["get"]["responses"][str(status)]["content"]
    return content["application/json"]["schema"] | {"components": DOCUMENT["components"]}


def check(route, answer):
    jsonschema_rs.validator_for(schema_of(route, 200)).validate(answer.json())


@pytest.mark.thorough
async def test_every_get_answers_as_it_is_described(used):
    settlements = (await used.get("/v1/settlements")).json()["items"]
    names = {
        "participant_id": "acme",
        "settlement_id": settlements[0]["settlement_id"],
        "report_id": (await used.get("/v1/reports")).json()["items"][0]["id"],
    }
    versions = {symbol: await newest_version(used, symbol) for symbol in (SYMBOL, OTHER)}
    empty = []
    for route in GETS:
        for symbol in (SYMBOL, OTHER):
            path = route.path.format(symbol=symbol, version=versions[symbol], **names)
            answer = await used.get(path, params=NEEDED.get(route.name))
            assert answer.status_code == 200, (path, answer.text)
            check(route, answer)
            if route.paged and symbol == SYMBOL and not answer.json()["items"]:
                empty.append(route.name)
    assert empty == [], "what is empty proves nothing"


@pytest.mark.thorough
async def test_every_get_of_the_smart_engine_answers_as_it_is_described():
    async with new_office() as office, client_of(office) as client:
        started = await client.post("/maker/start", json={"symbol": SYMBOL, "max_position": 0.5})
        assert started.status_code == 200, started.text
        await office.passes(300)
        for route in READ:
            if route not in GETS:
                answer = await client.get(route.path.format(symbol=SYMBOL))
                assert answer.status_code == 200, (route.path, answer.text)
                check(route, answer)
