import pytest

from tests.unit.api.bodies import MEMBER, PARTICIPANT, POOL, SYMBOL

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(api):
    made = await api("POST", "/v1/pools", json=POOL)
    assert made.status_code == 201
    return made


async def test_a_pool_is_created_and_read_as_the_documents_say(api, pool):
    read = (await api("GET", f"/v1/pools/{SYMBOL}")).json()
    assert POOL.items() <= read.items()
    assert (read["state"], read["active_members"], read["version"]) == ("NOT_RUNNING", 0, 1)
    assert pool.json() == read
    assert pool.headers["etag"] == '"1"'


@pytest.mark.usefixtures("pool")
async def test_posting_again_replaces_and_answers_200(api):
    again = await api("POST", "/v1/pools", json=POOL | {"gamma": 0.2})
    assert (again.status_code, again.json()["gamma"], again.json()["version"]) == (200, "0.2", 2)


async def test_put_refuses_a_missing_field_and_changes_nothing(api, pool):
    for field in POOL:
        body = {name: value for name, value in POOL.items() if name != field}
        answer = await api("PUT", f"/v1/pools/{SYMBOL}", json=body)
        problem = answer.json()
        assert (answer.status_code, problem["field"]) == (422, field)
        assert problem["allowed"].startswith("required: ")
    assert (await api("GET", f"/v1/pools/{SYMBOL}")).json() == pool.json()


@pytest.mark.usefixtures("pool")
async def test_put_names_every_flaw(api):
    body = POOL | {"gamma": "-1", "num_levels": "3", "colour": "red"}
    problem = (await api("PUT", f"/v1/pools/{SYMBOL}", json=body)).json()
    assert {(flaw["field"], flaw["value"]) for flaw in problem["flaws"]} == {
        ("gamma", "-1"),
        ("num_levels", "3"),
        ("colour", "red"),
    }


@pytest.mark.usefixtures("pool")
async def test_put_belongs_to_its_path(api):
    answer = await api("PUT", "/v1/pools/BTCUSDT-PERP", json=POOL)
    assert (answer.status_code, answer.json()["field"]) == (422, "symbol")


@pytest.mark.usefixtures("pool")
async def test_a_lost_update_is_409_by_header_and_by_body(api):
    path, body = f"/v1/pools/{SYMBOL}", POOL | {"gamma": "0.2"}
    assert (await api("PUT", path, json=body, headers={"If-Match": '"1"'})).status_code == 200
    for more in ({"headers": {"If-Match": '"1"'}, "json": body}, {"json": body | {"version": 1}}):
        lost = await api("PUT", path, **more)
        problem = lost.json()
        assert (lost.status_code, problem["field"], problem["current"]) == (409, "version", 2)
    assert (await api("PUT", path, json=body | {"version": 2})).status_code == 200


@pytest.mark.usefixtures("pool")
async def test_two_versions_in_one_request_are_refused(api):
    answer = await api(
        "PUT", f"/v1/pools/{SYMBOL}", json=POOL | {"version": 1}, headers={"If-Match": '"2"'}
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "version")


@pytest.mark.usefixtures("pool")
async def test_if_match_is_one_version(api):
    for tag in ("x", '"1", "2"', "1.0", "-1", "9" * 40, '"'):
        answer = await api("PUT", f"/v1/pools/{SYMBOL}", json=POOL, headers={"If-Match": tag})
        assert (answer.status_code, answer.json()["field"]) == (422, "If-Match"), tag


async def test_an_unknown_pool_is_404_everywhere(api):
    for method, path in [
        ("GET", "/v1/pools/XYZUSDT-PERP"),
        ("GET", "/v1/pools/XYZUSDT-PERP/status"),
        ("GET", "/v1/pools/XYZUSDT-PERP/members"),
        ("DELETE", "/v1/pools/XYZUSDT-PERP"),
        ("POST", "/v1/pools/XYZUSDT-PERP/enable"),
        ("POST", "/v1/pools/XYZUSDT-PERP/pause"),
        ("POST", "/v1/pools/XYZUSDT-PERP/resume"),
    ]:
        answer = await api(method, path)
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found"), path


@pytest.mark.usefixtures("pool")
async def test_a_pool_without_an_active_member_is_not_enabled(api):
    answer = await api("POST", f"/v1/pools/{SYMBOL}/enable")
    assert (answer.status_code, answer.json()["field"]) == (409, "members")


@pytest.mark.usefixtures("pool")
async def test_a_pool_that_is_not_running_is_not_resumed(api):
    await add_member(api)
    answer = await api("POST", f"/v1/pools/{SYMBOL}/resume")
    problem = answer.json()
    assert answer.status_code == 409
    assert (problem["state"], problem["command"]) == ("NOT_RUNNING", "resume")
    assert problem["allowed"] == ["enable"]


async def add_member(api):
    participant = (await api("POST", "/v1/participants", json=PARTICIPANT)).json()
    name = participant["participant_id"]
    await api("POST", f"/v1/participants/{name}/activate")
    added = await api("POST", f"/v1/pools/{SYMBOL}/members", json=MEMBER | {"participant_id": name})
    assert added.status_code == 201
    return name


@pytest.mark.usefixtures("pool")
async def test_a_pool_is_deleted_with_the_documented_answer(api):
    answer = await api("DELETE", f"/v1/pools/{SYMBOL}")
    assert (answer.status_code, answer.json()) == (200, {"symbol": SYMBOL, "deleted": True})
    assert (await api("GET", f"/v1/pools/{SYMBOL}")).status_code == 404


@pytest.mark.usefixtures("pool")
async def test_pausing_answers_as_documented_and_again_the_same(api):
    answers = [await api("POST", f"/v1/pools/{SYMBOL}/pause") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json() == {"symbol": SYMBOL, "state": "NOT_RUNNING"}


@pytest.mark.usefixtures("pool")
async def test_status_shows_members_also_without_an_engine(api):
    name = await add_member(api)
    for status in (
        (await api("GET", f"/v1/pools/{SYMBOL}/status")).json(),
        (await api("GET", "/v1/pools/status")).json()["items"][0],
    ):
        assert status["state"] == "NOT_RUNNING"
        assert status["bid"] is None
        (member,) = status["members"]
        assert (member["participant_id"], member["active"]) == (name, True)
        assert (member["capital_weight_pct"], member["position"]) == ("40", None)


async def test_pools_come_in_pages_by_symbol(api):
    symbols = ["BTCUSDT-PERP", "DOGEUSDT-PERP", "ETHUSDT-PERP", "SOLUSDT-PERP", "XYZUSDT-PERP"]
    for symbol in reversed(symbols):
        made = await api("POST", "/v1/pools", json=POOL | {"symbol": symbol})
        assert made.status_code == 201, made.text
    for path in ("/v1/pools", "/v1/pools/status"):
        seen, cursor = [], None
        while True:
            query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = (await api("GET", path, params=query)).json()
            assert len(page["items"]) <= 2
            seen += [item["symbol"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == symbols


LOOSER = {
    "max_pool_position_usdt": "50001",
    "max_pool_loss_usdt": "2000.000000000001",
    "order_size_usdt": "501",
    "check_staleness": False,
    "staleness_threshold_ms": "2001",
    "price_collar_bps": "501",
    "market_data_halt_seconds": "31",
    "reject_storm_count": 11,
    "max_messages_per_second": 101,
    "max_order_value_usdt": "1000.5",
}


@pytest.mark.usefixtures("pool")
async def test_only_risk_loosens_a_limit(api):
    for field, value in LOOSER.items():
        body = POOL | {field: value}
        named = "max_order_value_usdt" if field == "order_size_usdt" else field
        for method, path in (("PUT", f"/v1/pools/{SYMBOL}"), ("POST", "/v1/pools")):
            answer = await api(method, path, "operator", json=body)
            assert answer.status_code == 403, (method, field)
            assert named in answer.json()["detail"]
    assert (await api("GET", f"/v1/pools/{SYMBOL}")).json()["version"] == 1
    for field, value in LOOSER.items():
        body = POOL | {field: value}
        assert (await api("PUT", f"/v1/pools/{SYMBOL}", "risk", json=body)).status_code == 200


@pytest.mark.usefixtures("pool")
async def test_an_operator_changes_what_is_no_limit_and_tightens_limits(api):
    body = POOL | {"gamma": "0.3", "max_pool_position_usdt": "40000", "order_size_usdt": "400"}
    answer = await api("PUT", f"/v1/pools/{SYMBOL}", "operator", json=body)
    assert (answer.status_code, answer.json()["max_pool_position_usdt"]) == (200, "40000")


@pytest.mark.usefixtures("pool")
async def test_what_was_denied_is_in_the_audit_log(api):
    await api("PUT", f"/v1/pools/{SYMBOL}", "operator", json=POOL | {"check_staleness": False})
    await api("DELETE", f"/v1/pools/{SYMBOL}", "viewer")
    items = (await api("GET", "/v1/audit")).json()["items"]
    denied = [(i["action"], i["roles"]) for i in items if i["result"] != "done"]
    assert denied == [
        ("DELETE /v1/pools/{symbol}", "viewer"),
        ("pool.replace", "operator"),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reviewed_by": "jane"}, "note"),
        ({"note": "all well"}, "reviewed_by"),
        ({"reviewed_by": "", "note": "x"}, "reviewed_by"),
        ({"reviewed_by": "jane", "note": "x", "force": True}, "force"),
    ],
)
@pytest.mark.usefixtures("pool")
async def test_a_review_is_whole_or_none(api, body, field):
    answer = await api("POST", f"/v1/pools/{SYMBOL}/resume", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


NEVER_PLACED = [
    ({"order_size_usdt": "0.01"}, "order_size_usdt"),
    ({"max_order_value_usdt": "0.01"}, "max_order_value_usdt"),
]


@pytest.mark.parametrize(("fields", "field"), NEVER_PLACED)
async def test_what_can_never_be_placed_is_refused_with_the_arithmetic(api, fields, field):
    answer = await api("POST", "/v1/pools", "risk", json=POOL | fields)
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, field)
    assert "the smallest order of" in problem["allowed"]


@pytest.mark.usefixtures("pool")
async def test_a_deletion_may_say_force_in_its_body_or_its_address(api):
    for more in ({"json": {"force": True}}, {"params": {"force": "true"}}):
        answer = await api("DELETE", f"/v1/pools/{SYMBOL}", **more)
        assert answer.json() == {"symbol": SYMBOL, "deleted": True}
        await api("POST", "/v1/pools", json=POOL)
    answer = await api("DELETE", f"/v1/pools/{SYMBOL}", params={"force": "yes"})
    assert (answer.status_code, answer.json()["field"]) == (422, "force")


@pytest.mark.usefixtures("pool")
async def test_the_audit_log_shows_what_was_changed_as_objects(api):
    await api("PUT", f"/v1/pools/{SYMBOL}", json=POOL | {"gamma": "0.2"})
    replaced, created, *_ = (await api("GET", "/v1/audit")).json()["items"]
    assert (created["before"], created["after"]["gamma"]) == (None, "0.1")
    assert (replaced["before"]["gamma"], replaced["after"]["gamma"]) == ("0.1", "0.2")


@pytest.mark.usefixtures("pool")
async def test_an_operator_cannot_loosen_by_deleting_and_creating_again(api):
    assert (await api("DELETE", f"/v1/pools/{SYMBOL}", "operator")).status_code == 200
    loose = POOL | {"max_pool_position_usdt": "50000000"}
    answer = await api("POST", "/v1/pools", "operator", json=loose)
    assert (answer.status_code, answer.json()["type"]) == (403, "forbidden")
    assert "max_pool_position_usdt" in answer.json()["detail"]
    assert (await api("POST", "/v1/pools", "operator", json=POOL)).status_code == 201
    assert (await api("POST", "/v1/pools", "risk", json=loose)).status_code == 200


@pytest.mark.usefixtures("pool")
async def test_a_review_is_of_a_halt_and_has_a_note(api):
    path = f"/v1/pools/{SYMBOL}/review"
    assert (await api("POST", path, "viewer", json={"note": "x"})).status_code == 403
    assert (await api("POST", path, "risk", json={})).status_code == 422
    answer = await api("POST", path, "risk", json={"note": "all well"})
    assert (answer.status_code, answer.json()["command"]) == (409, "review a halt")
