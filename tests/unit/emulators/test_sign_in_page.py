"""The emulated auth service's page: a code is worth one token to the program that sent the browser,
and nothing to any other."""

import httpx
import pytest
from aiohttp.test_utils import TestServer

from market_maker.clocks import SimClock
from market_maker.emulators.auth import AuthServer
from market_maker.emulators.sign_in_page import CODE_LIFE_S
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.serving.auth_pages import AuthService
from market_maker.serving.sign_in import challenge_of

pytestmark = pytest.mark.anyio

BACK = "http://127.0.0.1:3001/market-maker/signed-in"
VERIFIER = "only the program that sent the browser knows this"
ASKED = {
    "response_type": "code",
    "client_id": "panel",
    "redirect_uri": BACK,
    "state": "s&1",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
REDEEM = {
    "grant_type": "authorization_code",
    "redirect_uri": BACK,
    "client_id": "panel",
    "code_verifier": VERIFIER,
}


class Visit:
    """A browser at the page, and the program that redeems its code."""

    def __init__(self, server: TestServer, clock: SimClock) -> None:
        self.url, self.clock = str(server.make_url("")), clock
        self.http = httpx.AsyncClient(base_url=self.url)
        self.service = AuthService(self.url)

    async def code(self) -> str:
        form = ASKED | {"subject": "ann", "roles": ["operator", "risk"]}
        answer = await self.http.post("/authorize", data=form)
        assert answer.status_code == 303
        back = httpx.URL(answer.headers["location"])
        assert str(back.copy_with(query=None)) == BACK
        assert back.params["state"] == "s&1"
        return back.params["code"]

    async def redeemed(self, **form: str) -> httpx.Response:
        return await self.http.post("/token", data=REDEEM | form)


@pytest.fixture
async def visit():
    clock = SimClock(Nanos(1_900_000_000 * NANOS_PER_SECOND))
    async with TestServer(AuthServer("issuer", "audience", clock).app) as server:
        made = Visit(server, clock)
        async with made.http:
            yield made


async def test_a_service_finds_the_page_and_redeems_a_code_once(visit):
    pages = await visit.service.pages()
    assert pages.authorization_endpoint == visit.url.rstrip("/") + "/authorize"
    code = await visit.code()
    token = await visit.service.redeem(pages, REDEEM | {"code": code})
    assert token.count(".") == 2
    assert (await visit.redeemed(code=code)).json() == {"error": "invalid_grant"}


async def test_the_page_carries_on_what_the_browser_came_with_and_names_every_role(visit):
    page = (await visit.http.get("/authorize", params=ASKED)).text
    assert 'name="state" value="s&amp;1"' in page
    for role in ("viewer", "operator", "risk", "finance", "admin"):
        assert f'value="{role}"' in page


@pytest.mark.parametrize(
    "other",
    [
        {"code_verifier": "a guess"},
        {"client_id": "another"},
        {"redirect_uri": "http://127.0.0.1:3001/elsewhere"},
        {"grant_type": "password"},
        {"code": "none"},
    ],
)
async def test_a_code_that_another_caught_is_worth_nothing(visit, other):
    code = await visit.code()
    answer = await visit.redeemed(**{"code": code} | other)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


async def test_a_code_is_worth_nothing_after_a_minute(visit):
    code = await visit.code()
    visit.clock.sleep(Nanos(CODE_LIFE_S * NANOS_PER_SECOND))
    assert (await visit.redeemed(code=code)).status_code == 400


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"redirect_uri": "https://desk.example/"}, "redirect_uri"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
        ({"code_challenge_method": "plain"}, "code_challenge"),
        ({"response_type": "token"}, "response_type"),
    ],
)
async def test_a_browser_is_sent_back_to_this_machine_only_and_with_a_challenge(visit, other, said):
    for answer in (
        await visit.http.get("/authorize", params=ASKED | other),
        await visit.http.post("/authorize", data=ASKED | other),
    ):
        assert answer.status_code == 400
        assert said in answer.text
