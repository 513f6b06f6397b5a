"""Reports over REST: who may start them, on what, and how their pages are sent."""

import pytest

from market_maker.api.reports import FRAME_POLICY
from market_maker.model.report_jobs import JobState
from market_maker.storage.recording import write_recording
from tests.support.lived import Lived
from tests.toy_market import toy_recording
from tests.unit.api.bodies import POOL

pytestmark = pytest.mark.anyio
BODY = {"kind": "replay", "recording": "toy.mmrec"}


@pytest.fixture
def recorded(api, tmp_path):
    (tmp_path / "recordings").mkdir()
    write_recording(tmp_path / "recordings" / "toy.mmrec", toy_recording(seconds=12))
    return api


async def start(api, role="operator", **more):
    return await api("POST", "/v1/reports", role, json=BODY | more)


async def test_a_report_is_started_shown_and_canceled_and_both_are_audited(recorded):
    assert (await recorded("GET", "/v1/recordings", "viewer")).json()["items"][0]["name"] == (
        "toy.mmrec"
    )
    job = (await start(recorded)).json()
    assert job["state"] == JobState.QUEUED
    shown = (await recorded("GET", "/v1/reports", "viewer")).json()["items"]
    assert [each["id"] for each in shown] == [job["id"]]
    path = f"/v1/reports/{job['id']}"
    assert (await recorded("GET", f"{path}/file", "viewer")).status_code == 404
    canceled = (await recorded("POST", f"{path}/cancel", "operator")).json()
    assert canceled["state"] == JobState.CANCELED
    assert (await recorded("POST", f"{path}/cancel", "operator")).status_code == 409
    rows = (await recorded("GET", "/v1/audit", "risk")).json()["items"]
    assert [row["action"] for row in rows[:2]] == ["report.cancel", "report.start"]


async def test_the_newest_report_stands_first(recorded):
    first = (await start(recorded)).json()["id"]
    recorded.clock.advance_to(recorded.clock.now() + 1)
    second = (await start(recorded)).json()["id"]
    page = (await recorded("GET", "/v1/reports?limit=1", "viewer")).json()
    assert page["items"][0]["id"] == second
    rest = (await recorded("GET", f"/v1/reports?cursor={page['next_cursor']}", "viewer")).json()
    assert [each["id"] for each in rest["items"]] == [first]


@pytest.mark.parametrize("role", ["viewer", "finance", "admin"])
async def test_who_may_not_start_a_pool_starts_no_report(recorded, role):
    assert (await start(recorded, role)).status_code == 403


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("recording", "../toy.mmrec", 422),
        ("recording", "/etc/passwd", 422),
        ("recording", "toy.txt", 422),
        ("recording", "gone.mmrec", 404),
        ("pool", "NOPOOL", 404),
        ("strategies", "magic", 422),
        ("strategies", "glft,symmetric", 422),
        ("queue", "none", 422),
        ("latency_ms", "-1", 422),
        ("latency_ms", "0.0000001", 422),
        ("maker_fee_bps", "0.00001", 422),
        ("strategies", "glft,glft", 422),
        ("kind", "magic", 422),
        ("symbol", "TOYUSDT", 422),
        ("recording", None, 422),
        ("quote_rate", "0", 422),
        ("quote_rate", "-1", 422),
    ],
)
async def test_what_cannot_be_made_is_refused_before_any_work(recorded, field, value, status):
    answer = await start(recorded, **{field: value})
    assert answer.status_code == status, answer.text
    assert (await recorded("GET", "/v1/reports", "viewer")).json()["items"] == []


async def test_the_rate_of_a_recordings_currency_is_kept_with_the_job(recorded):
    job = (await start(recorded, quote_rate="60000.5")).json()
    assert job["request"]["quote_rate"] == "60000.5"
    assert (await start(recorded)).json()["request"]["quote_rate"] is None


TRIAL = f"/v1/pools/{POOL['symbol']}/trial"
ON_TOY = {"recording": "toy.mmrec", "latency_ms": "20"}
PROPOSED = POOL | {"gamma": "0.2", "num_levels": 1}


@pytest.fixture
async def of_a_pool(recorded):
    assert (await recorded("POST", "/v1/pools", json=POOL)).status_code == 201
    return recorded


async def test_a_change_is_compared_with_what_is_in_force_and_nothing_is_saved(of_a_pool):
    answer = await of_a_pool("POST", TRIAL, "operator", params=ON_TOY, json=PROPOSED)
    assert answer.status_code == 201, answer.text
    job = answer.json()
    assert job["changes"] == "gamma: 0.1 → 0.2, num_levels: 3 → 1"
    asked = {name: job["request"][name] for name in ("kind", "recording", "pool", "latency_ms")}
    assert asked == {
        "kind": "compare",
        "recording": "toy.mmrec",
        "pool": POOL["symbol"],
        "latency_ms": "20",
    }
    assert (await of_a_pool("GET", f"/v1/pools/{POOL['symbol']}")).json()["version"] == 1


@pytest.mark.parametrize(
    ("body", "query", "field"),
    [
        (PROPOSED | {"symbol": "ETHUSDT-PERP"}, ON_TOY, "symbol"),
        (PROPOSED | {"strategy": "magic"}, ON_TOY, "strategy"),
        (POOL | {"level_spacing_bps": "0"}, ON_TOY, "level_spacing_bps"),
        (PROPOSED, {}, "recording"),
        (PROPOSED, ON_TOY | {"latency_ms": "0.0000001"}, "latency_ms"),
    ],
)
async def test_a_change_that_could_not_be_saved_is_not_tried(of_a_pool, body, query, field):
    answer = await of_a_pool("POST", TRIAL, "operator", params=query, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await of_a_pool("GET", "/v1/reports", "viewer")).json()["items"] == []


async def test_the_same_key_starts_one_report(recorded):
    headers = {"Idempotency-Key": "once"}
    ids = {
        (await recorded("POST", "/v1/reports", "risk", json=BODY, headers=headers)).json()["id"]
        for _ in range(2)
    }
    assert len(ids) == 1


async def test_a_page_is_sent_into_a_sandbox_without_a_way_out(recorded):
    job = (await start(recorded)).json()["id"]
    await recorded.reports.step()
    answer = await recorded("GET", f"/v1/reports/{job}/file", "viewer")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == FRAME_POLICY
    assert FRAME_POLICY.startswith("sandbox ")
    assert "allow-same-origin" not in FRAME_POLICY
    assert "default-src 'none'" in FRAME_POLICY
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


LIVE = {"kind": "parity", "symbol": "TOYUSDT"}


@pytest.fixture
def lived(api, tmp_path):
    Lived(tmp_path).go().done()
    return api


@pytest.mark.thorough
async def test_live_against_simulation_is_made_of_a_journal(lived):
    body = LIVE | {"since": "2023-11-14T22:13:22Z", "maker_fee_bps": "0.2"}
    job = (await lived("POST", "/v1/reports", "operator", json=body)).json()
    assert job["request"]["symbol"] == "TOYUSDT"
    await lived.reports.step()
    done = (await lived("GET", f"/v1/reports/{job['id']}", "viewer")).json()
    assert (done["state"], done["detail"]) == (JobState.DONE, "")
    page = (await lived("GET", f"/v1/reports/{job['id']}/file", "viewer")).text
    assert "Live against simulation of TOYUSDT" in page


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"symbol": "NOPOOL"}, 404, None),
        ({"symbol": None}, 422, "symbol"),
        ({"symbol": "../TOYUSDT"}, 422, "symbol"),
        ({"recording": "toy.mmrec"}, 422, "recording"),
        ({"pool": "TOYUSDT"}, 422, "pool"),
        ({"strategies": "glft"}, 422, "strategies"),
        ({"quote_rate": "60000"}, 422, "quote_rate"),
        ({"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, 422, "until"),
        ({"since": "yesterday"}, 422, "since"),
    ],
)
async def test_live_against_what_cannot_be_is_refused(lived, more, status, field):
    answer = await lived("POST", "/v1/reports", "operator", json=LIVE | more)
    assert answer.status_code == status, answer.text
    assert field is None or field in answer.text


async def test_a_viewer_compares_nothing_live(lived):
    assert (await lived("POST", "/v1/reports", "viewer", json=LIVE)).status_code == 403
