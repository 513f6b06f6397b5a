"""Signing in and out over REST."""

import pytest

from market_maker.api.sessions import CSRF_HEADER
from tests.unit.api.test_sessions import OWN, signed_in

pytestmark = pytest.mark.anyio


async def test_signing_out_ends_it_and_both_are_in_the_audit_log(api):
    reading, writing = await signed_in(api, "risk")
    closed = await api("DELETE", "/v1/session", None, headers=writing)
    assert closed.json() == {"closed": True}
    assert "Max-Age=0" in closed.headers["set-cookie"]
    assert (await api("GET", "/v1/me", None, headers=reading)).status_code == 401
    rows = (await api("GET", "/v1/audit", "risk")).json()["items"]
    assert [row["action"] for row in rows[:2]] == ["session.close", "session.open"]


async def test_a_session_opens_no_other_session(api):
    _, writing = await signed_in(api)
    assert (await api("POST", "/v1/session", None, headers=writing)).status_code == 403


async def test_a_reloaded_page_learns_its_second_secret_again(api):
    reading, writing = await signed_in(api)
    answer = (await api("GET", "/v1/session", None, headers=reading)).json()
    assert answer["csrf_token"] == writing[CSRF_HEADER]
    assert (await api("GET", "/v1/session", "viewer")).json()["csrf_token"] is None


async def test_without_authentication_there_is_nothing_to_sign_in_to(open_api):
    answer = await open_api("POST", "/v1/session", None, headers=OWN)
    assert answer.status_code == 409
