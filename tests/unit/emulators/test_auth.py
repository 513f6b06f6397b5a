import httpx
import pytest
from aiohttp.test_utils import TestServer

from market_maker.api.bearer import Bearer
from market_maker.api.problems import ProblemError
from market_maker.api.published_keys import CACHE_NAME, PublishedKeys, fetch_over_http
from market_maker.clocks import TimeOfDay, WallClock
from market_maker.emulators.auth import AuthServer

pytestmark = pytest.mark.anyio


class Client:
    """What a service does with it: reads the keys, judges tokens."""

    def __init__(self, url, folder):
        self.url = url
        self.keys = PublishedKeys(fetch_over_http(url), folder / CACHE_NAME, WallClock())
        self.bearer = Bearer(self.keys, "issuer", "audience", TimeOfDay())

    async def token(self, **fields):
        async with httpx.AsyncClient(base_url=self.url) as http:
            asked = {"subject": "ann", "roles": ["viewer"]} | fields
            answer = await http.post("/v1/tokens", json=asked)
        return answer.json()["token"]

    async def rotate(self):
        async with httpx.AsyncClient(base_url=self.url) as http:
            assert (await http.post("/v1/keys/rotate")).status_code == 201

    def caller(self, token):
        return self.bearer.caller([f"Bearer {token}"])


async def test_a_token_is_accepted_by_the_published_keys_and_over_two_rotations_no_longer(tmp_path):
    server = TestServer(AuthServer("issuer", "audience", TimeOfDay()).app)
    async with server:
        client = Client(str(server.make_url("")), tmp_path)
        first = await client.token(roles=["operator", "risk"])
        await client.keys.step()
        caller = client.caller(first)
        assert (caller.subject, [str(role) for role in caller.roles]) == (
            "ann",
            ["operator", "risk"],
        )
        await client.rotate()
        second = await client.token()
        with pytest.raises(ProblemError, match="unknown key id"):
            client.caller(second)
        again = Client(client.url, tmp_path)
        await again.keys.step()
        assert again.caller(first).subject == again.caller(second).subject == "ann"
        await client.rotate()
        last = Client(client.url, tmp_path)
        await last.keys.step()
        with pytest.raises(ProblemError, match="unknown key id"):
            last.caller(first)


async def test_what_is_no_request_for_a_token_is_refused():
    async with (
        TestServer(AuthServer("issuer", "audience", TimeOfDay()).app) as server,
        httpx.AsyncClient(base_url=str(server.make_url(""))) as http,
    ):
        for body in (b"", b'{"subject": "ann"}', b'{"subject": "a", "roles": [], "key": 1}'):
            assert (await http.post("/v1/tokens", content=body)).status_code == 422
