"""Signing in at the auth service's page: a code is worth something to the browser that was sent."""

import httpx
import pytest

from market_maker.api.sessions import Sessions
from market_maker.clocks import SimClock
from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.serving.auth_pages import AuthPages
from market_maker.serving.panel_files import Panel
from market_maker.serving.sign_in import (
    COOKIE,
    LIFE_S,
    PENDING_MAX,
    SignIn,
    challenge_of,
    sign_in_of,
)
from market_maker.settings import settings_of
from tests.unit.api.issuing import NOW, bearer, token

pytestmark = pytest.mark.anyio

PAGES = AuthPages("https://auth.example/authorize", "https://auth.example/token")
HOME = "/market-maker/pools"
UNSIGNED = "header.payload.signature"


class Door:
    """An auth service that answers with `token` for the code `good`."""

    def __init__(self) -> None:
        self.token = token(roles=["operator"])
        self.redeemed: list[dict[str, str]] = []
        self.away = False

    async def pages(self) -> AuthPages:
        if self.away:
            raise InvalidDataError("auth service", "does not answer")
        return PAGES

    async def redeem(self, pages: AuthPages, form) -> str:
        assert pages == PAGES
        self.redeemed.append(dict(form))
        if form["code"] != "good":
            raise InvalidDataError("auth service", "answers 400 at the sign-in")
        return self.token


class Desk:
    """A sign-in, the panel that has it, and a browser."""

    def __init__(self, tmp_path, **more) -> None:
        self.clock = SimClock(Nanos(NOW * NANOS_PER_SECOND))
        self.door, self.noted = Door(), []
        self.sessions = Sessions(bearer(tmp_path), self.clock)

        async def note(caller) -> None:
            self.noted.append(caller.subject)

        sign_in = SignIn(self.door, "panel", self.sessions, self.clock, note, **more)
        transport = httpx.ASGITransport(app=Panel(api, {}, sign_in))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3001")

    async def sent(self) -> tuple[httpx.URL, str]:
        """Where the browser is sent, and the cookie that it takes along."""
        answer = await self.http.get("/market-maker/sign-in")
        assert answer.status_code == 302
        cookie = answer.headers["set-cookie"]
        assert {"HttpOnly", "Secure", "SameSite=Lax"} <= set(cookie.split("; "))
        return httpx.URL(answer.headers["location"]), cookie.split(";")[0]

    async def back(self, cookie: str, **query: str) -> httpx.Response:
        headers = {"cookie": cookie} if cookie else {}
        return await self.http.get("/market-maker/signed-in", params=query, headers=headers)


async def api(_scope, _receive, _send) -> None:
    raise AssertionError("the API is not asked")


async def test_the_browser_is_sent_with_a_challenge_and_comes_back_signed_in(tmp_path):
    desk = Desk(tmp_path)
    there, cookie = await desk.sent()
    asked = dict(there.params)
    assert str(there).startswith(PAGES.authorization_endpoint)
    assert asked["redirect_uri"] == "http://127.0.0.1:3001/market-maker/signed-in"
    assert (asked["response_type"], asked["client_id"]) == ("code", "panel")
    answer = await desk.back(cookie, state=asked["state"], code="good")
    assert (answer.status_code, answer.headers["location"]) == (302, HOME)
    (form,) = desk.door.redeemed
    assert challenge_of(form["code_verifier"]) == asked["code_challenge"]
    assert form["redirect_uri"] == asked["redirect_uri"]
    session, over = answer.headers.get_list("set-cookie")
    assert session.startswith("__Host-mm=")
    assert {"HttpOnly", "Secure", "SameSite=Strict"} <= set(session.split("; "))
    assert over.startswith(f"{COOKIE}=;")
    assert desk.sessions.keys(session.split(";")[0].partition("=")[2]) is not None
    assert len(desk.noted) == 1
    assert desk.door.token not in answer.text + str(answer.headers)


async def test_a_browser_that_was_not_sent_gets_nothing_for_the_code(tmp_path):
    desk = Desk(tmp_path)
    there, cookie = await desk.sent()
    state = there.params["state"]
    for held in ("", f"{COOKIE}=another", "nonsense"):
        answer = await desk.back(held, state=state, code="good")
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert desk.door.redeemed == []
    assert (await desk.back(cookie, state=state, code="good")).status_code == 302


async def test_a_state_is_good_once_and_for_a_while(tmp_path):
    desk = Desk(tmp_path)
    there, cookie = await desk.sent()
    state = there.params["state"]
    assert (await desk.back(cookie, state=state, code="good")).status_code == 302
    assert (await desk.back(cookie, state=state, code="good")).status_code == 403
    there, cookie = await desk.sent()
    desk.clock.advance_to(Nanos(desk.clock.now() + LIFE_S * NANOS_PER_SECOND))
    assert (await desk.back(cookie, state=there.params["state"], code="good")).status_code == 403


@pytest.mark.parametrize(
    ("query", "said"),
    [({"code": "bad"}, "answers 400"), ({"error": "access_denied"}, "there is no code")],
)
async def test_what_the_auth_service_refuses_is_said_and_signs_no_one_in(tmp_path, query, said):
    desk = Desk(tmp_path)
    there, cookie = await desk.sent()
    answer = await desk.back(cookie, state=there.params["state"], **query)
    assert (answer.status_code, said in answer.text) == (403, True)
    assert desk.noted == []


async def test_a_token_that_the_service_does_not_take_signs_no_one_in(tmp_path):
    desk = Desk(tmp_path)
    there, cookie = await desk.sent()
    desk.door.token = UNSIGNED
    answer = await desk.back(cookie, state=there.params["state"], code="good")
    assert answer.status_code == 403
    assert desk.door.token not in answer.text


async def test_an_auth_service_that_is_away_is_said(tmp_path):
    desk = Desk(tmp_path)
    desk.door.away = True
    answer = await desk.http.get("/market-maker/sign-in")
    assert (answer.status_code, "does not answer" in answer.text) == (403, True)


async def test_the_panel_s_public_address_is_where_the_browser_comes_back_to(tmp_path):
    desk = Desk(tmp_path, public_url="https://desk.example/")
    there, _ = await desk.sent()
    assert there.params["redirect_uri"] == "https://desk.example/market-maker/signed-in"


async def test_sign_ins_that_were_begun_do_not_fill_the_memory(tmp_path):
    desk = Desk(tmp_path)
    there, cookie = await desk.sent()
    for _ in range(PENDING_MAX):
        await desk.sent()
    assert (await desk.back(cookie, state=there.params["state"], code="good")).status_code == 403


async def test_head_says_whether_there_is_such_a_page_and_begins_nothing(tmp_path):
    desk = Desk(tmp_path)
    answer = await desk.http.head("/market-maker/sign-in")
    assert (answer.status_code, "set-cookie" in answer.headers) == (204, False)
    transport = httpx.ASGITransport(app=Panel(api, {}))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        assert (await http.head("/market-maker/sign-in")).status_code == 404
        assert (await http.get("/market-maker/signed-in?code=x")).status_code == 404


def test_without_a_client_id_there_is_none_and_with_one_there_must_be_an_auth_service(tmp_path):
    assert sign_in_of(settings_of({}, tmp_path), None) is None
    with pytest.raises(InvalidFieldError, match="AUTH_CLIENT_ID"):
        sign_in_of(settings_of({"AUTH_CLIENT_ID": "panel"}, tmp_path), None)
