import pytest

from market_maker.model.errors import StoreUnavailableError
from tests.unit.api.bodies import POOL, SYMBOL

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["kill", "flatten"])
async def test_an_emergency_command_needs_no_body(api, name):
    for more in ({}, {"json": {}}, {"json": {"reason": "drill"}}):
        answer = await api("POST", f"/v1/mm/emergency/{name}", "operator", **more)
        body = answer.json()
        assert (answer.status_code, body["action"], body["pools"]) == (
            200,
            f"emergency.{name}",
            [],
        )


async def test_only_flatten_unwinds(api):
    unwind = {"json": {"unwind": True}}
    assert (await api("POST", "/v1/mm/emergency/flatten", **unwind)).status_code == 200
    answer = await api("POST", "/v1/mm/emergency/kill", **unwind)
    assert (answer.status_code, answer.json()["field"]) == (422, "unwind")


async def test_reset_changes_nothing_and_says_where_to_go(api):
    await api("POST", "/v1/pools", json=POOL)
    answer = await api("POST", "/v1/mm/reset")
    assert (answer.json()["resume"], answer.json()["without_members"]) == ([], [SYMBOL])


async def test_the_summary_says_whether_orders_are_placed(api):
    await api("POST", "/v1/pools", json=POOL)
    summary = (await api("GET", "/v1/mm/status")).json()
    assert summary["shadow_mode"] is False
    assert summary["counts"] == {"NOT_RUNNING": 1, "PAUSED": 0, "ACTIVE": 0, "HALTED": 0}
    (pool,) = summary["pools"]
    assert (pool["symbol"], pool["reason"]) == (SYMBOL, "no engine: enable the pool to make one")


async def test_health_says_what_is_wrong_and_which_build_it_is(api):
    problems = {"store": "", "venue": "no answer"}

    def probe(name):
        async def look():
            return problems[name]

        return look

    api.probes |= {name: probe(name) for name in problems}
    alive = await api("GET", "/health", None)
    ready = await api("GET", "/health/ready", None)
    assert (alive.status_code, ready.status_code) == (200, 503)
    assert alive.json() == ready.json()
    body = alive.json()
    assert (body["status"], body["ready"], body["authentication"]) == ("alive", False, "on")
    assert body["dependencies"] == {
        "store": {"ready": True, "detail": ""},
        "venue": {"ready": False, "detail": "no answer"},
    }
    assert len(body["build"]["fingerprint"]) == 16
    problems["venue"] = ""
    assert (await api("GET", "/health/ready", None)).status_code == 503, "checked a moment ago"
    api.clock.sleep(1_000_000_000)
    assert (await api("GET", "/health/ready", None)).status_code == 200


class Down:
    """ports.Store: does not answer."""

    def transaction(self):
        raise StoreUnavailableError("the database is away")

    reading = glimpse = transaction


async def test_a_database_that_is_away_is_503_and_says_nothing_of_itself(api):
    api.trail._store = Down()
    answer = await api("GET", "/v1/audit")
    assert (answer.status_code, answer.json()["type"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert "away" not in answer.text


async def test_of_a_command_alone_it_is_said_that_it_may_have_been_applied(api):
    api.application.pools._store = Down()
    read = await api("GET", f"/v1/pools/{SYMBOL}")
    command = await api("POST", "/v1/pools", json=POOL)
    assert (read.status_code, read.json()["detail"]) == (503, "the database did not answer")
    assert command.status_code == 503
    assert command.json()["detail"].endswith("may have been applied, check before retrying")


async def test_a_bug_is_500_with_a_trace_id_and_no_trace(api):
    api.trail._store = None
    answer = await api("GET", "/v1/audit")
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (500, "internal")
    assert len(problem["trace_id"]) == 32
    for word in ("Traceback", "NoneType", "File", "attribute"):
        assert word not in answer.text
