import re

import pytest
from starlette.requests import Request
from starlette.routing import Route

from market_maker.api.access import Access
from market_maker.api.app import MATRIX
from market_maker.api.pace import Limiter, Pace, Rate
from market_maker.api.problems import ProblemError
from market_maker.api.table import ROUTES
from market_maker.model.caller import Role
from tests.unit.api.conftest import Api, running
from tests.unit.api.issuing import bearer, token

pytestmark = pytest.mark.anyio

READS, RUNS, STOPS, AUDITS = "vorfa", "or", "ora", "rfa"
# Method, path, who may: v(iewer), o(perator), r(isk), f(inance), a(dmin); "public": no token.
EXPECTED = """
GET    /health                                             public
GET    /health/ready                                       public
GET    /docs                                               public
GET    /openapi.json                                       public
GET    /v1/pools                                           vorfa
POST   /v1/pools                                           or
GET    /v1/pools/status                                    vorfa
GET    /v1/pools/{symbol}                                  vorfa
PUT    /v1/pools/{symbol}                                  or
DELETE /v1/pools/{symbol}                                  or
POST   /v1/pools/{symbol}/enable                           or
POST   /v1/pools/{symbol}/pause                            ora
POST   /v1/pools/{symbol}/halt                             ora
POST   /v1/pools/{symbol}/flatten                          ora
POST   /v1/pools/{symbol}/move                             or
POST   /v1/pools/{symbol}/resume                           or
POST   /v1/pools/{symbol}/review                           ora
GET    /v1/pools/{symbol}/status                           vorfa
POST   /v1/pools/preview                                   or
GET    /v1/instruments                                     vorfa
GET    /v1/pools/{symbol}/versions                         vorfa
GET    /v1/pools/{symbol}/versions/{version}               vorfa
POST   /v1/pools/{symbol}/versions/{version}/reinstate     or
GET    /v1/pools/{symbol}/events                           vorfa
GET    /v1/pools/{symbol}/explain                          vorfa
GET    /v1/pools/{symbol}/proof                            vorfa
GET    /v1/pools/{symbol}/history                          vorfa
GET    /v1/pools/{symbol}/book                             vorfa
GET    /v1/pools/{symbol}/members                          vorfa
POST   /v1/pools/{symbol}/members                          or
PUT    /v1/pools/{symbol}/members/{participant_id}         or
DELETE /v1/pools/{symbol}/members/{participant_id}         or
GET    /v1/participants                                    vorfa
POST   /v1/participants                                    or
GET    /v1/participants/{participant_id}                   vorfa
PUT    /v1/participants/{participant_id}                   or
POST   /v1/participants/{participant_id}/activate          or
POST   /v1/participants/{participant_id}/suspend           ora
POST   /v1/participants/{participant_id}/terminate         or
GET    /v1/participants/{participant_id}/headroom          vorfa
GET    /v1/participants/{participant_id}/memberships       vorfa
GET    /v1/mm-orders                                       vorfa
GET    /v1/mm-orders/{symbol}                              vorfa
GET    /v1/mm-orders/{symbol}/breakdown                    vorfa
GET    /v1/mm-fills                                        vorfa
GET    /v1/mm-fills/{symbol}                               vorfa
GET    /v1/mm-fills/{symbol}/summary                       vorfa
GET    /v1/performance/leaderboard                         vorfa
GET    /v1/performance/symbol/{symbol}                     vorfa
GET    /v1/performance/{participant_id}                    vorfa
GET    /v1/participants/{participant_id}/obligations       vorfa
PUT    /v1/participants/{participant_id}/obligations       or
GET    /v1/mm-analytics/overview                           vorfa
GET    /v1/mm-analytics/hourly                             vorfa
GET    /v1/mm-analytics/{symbol}/metrics                   vorfa
GET    /v1/mm-analytics/{symbol}/attribution               vorfa
GET    /v1/mm-analytics/{symbol}/fills                     vorfa
GET    /v1/ledger                                          rfa
GET    /v1/settlements                                     rfa
GET    /v1/settlements/pending                             rfa
POST   /v1/settlements/run                                 rfa
GET    /v1/settlements/{settlement_id}                     rfa
GET    /v1/settlements/{settlement_id}/statement           rfa
POST   /v1/settlements/{settlement_id}/approve             rf
POST   /v1/settlements/{settlement_id}/reject              rf
POST   /v1/settlements/{settlement_id}/recreate            rfa
POST   /v1/settlements/{settlement_id}/pay                 f
POST   /v1/settlements/{settlement_id}/mark-settled        f
POST   /v1/settlements/{settlement_id}/mark-failed         f
POST   /v1/settlements/{settlement_id}/retry               f
GET    /v1/mm/status                                       vorfa
POST   /v1/mm/emergency/kill                               ora
POST   /v1/mm/emergency/flatten                            ora
POST   /v1/mm/reset                                        ora
GET    /v1/alerts                                          vorfa
POST   /v1/alerts/{alert_id}/acknowledge                   ora
GET    /v1/audit                                           rfa
POST   /maker/start                                        or
POST   /maker/stop                                         ora
GET    /maker/status/{symbol}                              vorfa
GET    /maker/active                                       vorfa
GET    /maker/performance/{symbol}                         vorfa
GET    /maker/risk/alerts                                  vorfa
POST   /v1/session                                         vorfa
GET    /v1/session                                         vorfa
DELETE /v1/session                                         vorfa
GET    /v1/me                                              vorfa
GET    /v1/stream                                          vorfa
GET    /v1/recordings                                      vorfa
POST   /v1/pools/{symbol}/trial                            or
GET    /v1/reports                                         vorfa
POST   /v1/reports                                         or
GET    /v1/reports/{report_id}                             vorfa
POST   /v1/reports/{report_id}/cancel                      or
GET    /v1/reports/{report_id}/file                        vorfa
"""


def expected():
    rows = [line.split() for line in EXPECTED.strip().splitlines()]
    return {(method, path): who for method, path, who in rows}


def letters(roles):
    return "public" if roles is None else "".join(role[0] for role in Role if role in roles)


def test_the_matrix_is_the_one_that_was_agreed():
    assert {key: letters(row.roles) for key, row in MATRIX.items()} == expected()


async def test_every_route_of_the_application_has_a_row(api):
    served = {
        (method, route.path)
        for route in api.app.routes
        for method in getattr(route, "methods", None) or {"?"}
    }
    assert served == set(MATRIX)
    assert all(isinstance(route, Route) for route in api.app.routes)


async def test_a_route_without_a_row_is_closed_to_every_role(api, tmp_path):
    access = Access({}, bearer(tmp_path), Limiter(), api.trail, api.clock)
    for role in Role:
        headers = {"host": "localhost", "authorization": f"Bearer {token(roles=[role])}"}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "GET", "path": "/v1/forgotten", "headers": raw}
        with pytest.raises(ProblemError, match="no entry in the role matrix"):
            await access(Request(scope), "/v1/forgotten")


def address(path):
    brief = "?seconds=0" if path == "/v1/stream" else ""
    return re.sub(r"{\w+}", "nothing-there", path) + brief


@pytest.mark.parametrize("role", [None, *Role])
async def test_every_route_lets_in_the_roles_of_the_matrix_and_no_other(api, role):
    for (method, path), who in expected().items():
        answer = await api(method, address(path), role)
        if who == "public" or (role is not None and role[0] in who):
            assert answer.status_code not in {401, 403, 500}, (method, path)
        else:
            assert answer.status_code == (401 if role is None else 403), (method, path)
            problem = answer.json()
            assert answer.headers["content-type"] == "application/problem+json"
            assert problem["status"] == answer.status_code
            assert ("www-authenticate" in answer.headers) == (role is None)


async def test_a_token_without_a_role_opens_nothing(api):
    for (method, path), who in expected().items():
        if who != "public":
            assert (await api(method, address(path), "surgeon")).status_code == 403


async def test_a_route_that_changes_something_is_paced_as_a_write_or_a_stop():
    for route in ROUTES:
        assert (route.pace is Pace.READ) == (route.method == "GET"), route.path
    stops = {route.path for route in ROUTES if route.pace is Pace.STOP}
    assert stops == {
        "/maker/stop",
        "/v1/pools/{symbol}/pause",
        "/v1/pools/{symbol}/halt",
        "/v1/pools/{symbol}/flatten",
        "/v1/mm/emergency/kill",
        "/v1/mm/emergency/flatten",
    }


async def test_who_the_caller_is_comes_from_the_token_and_nowhere_else(api):
    headers = {
        "X-User-Id": "root",
        "X-Roles": "admin,risk",
        "X-Forwarded-User": "root",
        "X-Forwarded-For": "127.0.0.1",
        "X-Original-URL": "/health",
        "X-HTTP-Method-Override": "GET",
    }
    assert (await api("GET", "/v1/audit", "viewer", headers=headers)).status_code == 403
    assert (await api("GET", "/v1/audit", None, headers=headers)).status_code == 401
    assert (await api("POST", "/v1/mm/reset", "viewer", headers=headers)).status_code == 403


async def test_two_authorization_headers_are_refused(api):
    headers = [("Authorization", f"Bearer {token()}")] * 2
    answer = await api.client.get("/v1/pools", headers=headers)
    assert answer.status_code == 400


async def test_a_token_in_the_address_or_a_cookie_is_none(api):
    given = token()
    address = f"/v1/pools?access_token={given}"
    assert (await api.client.get(address)).status_code == 401
    headers = {"Cookie": f"token={given}; Authorization=Bearer {given}"}
    assert (await api.client.get("/v1/pools", headers=headers)).status_code == 401


FOREIGN = {
    "another site's page": {"Origin": "https://evil.example"},
    "a page of no site": {"Origin": "null"},
    "another port": {"Origin": "http://localhost:3000"},
    "a browser that says so": {"Sec-Fetch-Site": "cross-site"},
    "a sister site": {"Sec-Fetch-Site": "same-site"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_pages_of_others_change_nothing(open_api, headers):
    answer = await open_api("POST", "/v1/mm/reset", None, headers=headers)
    assert answer.status_code == 403
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert (await open_api("POST", "/v1/mm/reset", None, headers=own)).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "0.0.0.0:8095", ""])
async def test_without_authentication_only_names_of_this_machine_are_answered(open_api, host):
    answer = await open_api("GET", "/v1/pools", None, headers={"Host": host})
    assert (answer.status_code, answer.json()["type"]) == (421, "misdirected")


@pytest.mark.parametrize("host", ["localhost:8095", "127.0.0.1", "[::1]:8095", "mm-service:8095"])
async def test_without_authentication_every_caller_is_anonymous(open_api, host):
    made = await open_api("POST", "/v1/mm/emergency/kill", None, headers={"Host": host})
    assert made.status_code == 200
    items = (await open_api("GET", "/v1/audit", None)).json()["items"]
    assert items[0]["subject"] == "anonymous"
    assert (await open_api("GET", "/health", None)).json()["authentication"] == "off"


SLOW = {pace: Rate(1, 2) for pace in Pace}


@pytest.fixture
async def slow_api(store, clock, tmp_path):
    async with running(Api(store, clock, bearer(tmp_path), SLOW)) as calls:
        yield calls


async def test_a_token_that_asks_too_often_gets_the_time_to_come_back(slow_api):
    answers = [await slow_api("GET", "/v1/pools") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json()["type"] == "too-many-requests"
    slow_api.clock.sleep(1_000_000_000)
    assert (await slow_api("GET", "/v1/pools")).status_code == 200


async def test_a_token_that_spent_everything_still_stops(slow_api):
    for _ in range(5):
        await slow_api("GET", "/v1/pools")
        await slow_api("POST", "/v1/mm/reset")
    assert (await slow_api("POST", "/v1/mm/reset")).status_code == 429
    assert (await slow_api("POST", "/v1/mm/emergency/kill")).status_code == 200
    assert (await slow_api("POST", "/v1/mm/emergency/flatten")).status_code == 200


async def test_guessing_tokens_is_slowed_down_and_good_ones_are_not(slow_api):
    bad = {"Authorization": "Bearer x"}
    answers = [await slow_api("GET", "/v1/pools", None, headers=bad) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert (await slow_api("GET", "/v1/pools")).status_code == 200
