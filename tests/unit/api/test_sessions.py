"""A cookie serves the panel's own pages, for as long as its token is good, and no other."""

import pytest

from market_maker.api.app import MATRIX
from market_maker.api.sessions import COOKIE, CSRF_HEADER, SESSIONS_MAX, Sessions
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from tests.unit.api.issuing import NOW, bearer, token

pytestmark = pytest.mark.anyio
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
FOREIGN = {
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "a sister site": {"Sec-Fetch-Site": "same-site"},
    "another port": {"Origin": "http://localhost:3000"},
    "an address typed in": {"Sec-Fetch-Site": "none"},
    "no page at all": {},
}


async def signed_in(api, role="operator"):
    """The headers of the panel's own page."""
    answer = await api("POST", "/v1/session", role)
    assert answer.status_code == 201, answer.text
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    name, _, value = cookie.partition("=")
    assert name == COOKIE
    assert {"HttpOnly", "Secure", "SameSite=Strict", "Path=/"} <= set(attributes)
    api.client.cookies.clear()
    own = OWN | {"Cookie": f"{COOKIE}={value}"}
    return own, own | {CSRF_HEADER: answer.json()["csrf_token"]}


async def test_a_session_serves_its_caller_with_the_tokens_roles(api):
    reading, writing = await signed_in(api)
    me = (await api("GET", "/v1/me", None, headers=reading)).json()
    assert me["roles"] == ["operator"]
    assert (await api("POST", "/v1/mm/reset", None, headers=writing)).status_code == 200
    assert (await api("GET", "/v1/audit", None, headers=reading)).status_code == 403


async def test_neither_the_token_nor_the_cookie_is_in_any_answer_but_its_own(api):
    reading, _ = await signed_in(api)
    shown = (await api("GET", "/v1/session", None, headers=reading)).text
    assert "eyJ" not in shown
    assert reading["Cookie"].partition("=")[2] not in shown


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_a_cookie_is_worth_nothing_elsewhere_on_any_method(api, headers):
    reading, writing = await signed_in(api)
    sent = {"Cookie": reading["Cookie"], CSRF_HEADER: writing[CSRF_HEADER]} | headers
    for method, path in MATRIX:
        if MATRIX[method, path].roles is not None:
            address = path.replace("{", "").replace("}", "")
            answer = await api(method, address, None, headers=sent)
            assert answer.status_code == 403, (method, path, answer.text)


async def test_whatever_changes_something_needs_the_second_secret(api):
    reading, writing = await signed_in(api, "risk")
    for wrong in ({}, {CSRF_HEADER: "guess"}, {CSRF_HEADER: ""}):
        for method, path in MATRIX:
            if method != "GET":
                address = path.replace("{", "").replace("}", "")
                answer = await api(method, address, None, headers=reading | wrong)
                assert answer.status_code == 403, (method, path)
                assert CSRF_HEADER in answer.json()["detail"]
    forms = writing | {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await api("POST", "/v1/mm/reset", None, headers=forms, content=b"a=b")
    assert answer.status_code == 415


async def test_a_bearer_token_on_another_site_s_page_changes_nothing_on_any_method(api):
    for headers in (FOREIGN["another site"], FOREIGN["a sister site"], FOREIGN["another port"]):
        for method, path in MATRIX:
            if method != "GET":
                address = path.replace("{", "").replace("}", "")
                answer = await api(method, address, "risk", headers=headers)
                assert answer.status_code == 403, (method, path, answer.text)
                assert "another site" in answer.json()["detail"]


async def test_a_bearer_token_needs_no_second_secret(api):
    assert (await api("POST", "/v1/mm/reset", "operator")).status_code == 200


async def test_a_session_ends_with_its_token(api):
    reading, _ = await signed_in(api)
    api.clock.advance_to(Nanos(api.clock.now() + 25 * 3_600 * NANOS_PER_SECOND))
    answer = await api("GET", "/v1/me", None, headers=reading)
    assert answer.status_code == 401


async def test_a_cookie_that_is_none_of_ours_is_refused(api):
    headers = OWN | {"Cookie": f"{COOKIE}=guess"}
    assert (await api("GET", "/v1/me", None, headers=headers)).status_code == 401


def test_the_oldest_session_goes_when_there_are_too_many(tmp_path, clock):
    sessions = Sessions(bearer(tmp_path), clock)
    given = f"Bearer {token()}"
    first = sessions.open(given)
    others = [sessions.open(given) for _ in range(SESSIONS_MAX)]
    assert sessions.keys(first.cookie) is None
    assert sessions.keys(others[-1].cookie) == others[-1]
    assert first.ends_at > NOW * NANOS_PER_SECOND


async def test_no_other_site_is_ever_let_in(api):
    """No CORS: neither a preflight nor an answer names another origin."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET", "POST"):
        answer = await api(method, "/v1/session", headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert (await api("OPTIONS", "/v1/session", headers=headers)).status_code == 405
