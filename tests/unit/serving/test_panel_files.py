"""The panel's files are served before the API, and nothing else of the disk is."""

import gzip
from pathlib import Path

import httpx
import pytest

from market_maker.serving.panel_files import NOT_BUILT, Panel, panel_files

pytestmark = pytest.mark.anyio


async def api(scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"api " + scope["path"].encode()})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "panel"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<title>page</title>")
    (built / "assets" / "main-abc.js").write_text("1")
    (built / "assets" / "main-abc.js.gz").write_bytes(gzip.compress(b"1"))
    (tmp_path / "secret").write_text("key")
    return built


def client(folder: Path) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Panel(api, panel_files(folder)))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_every_address_outside_the_panel_goes_to_the_api(folder):
    async with client(folder) as http:
        assert (await http.get("/v1/pools")).text == "api /v1/pools"
        assert (await http.post("/maker/start")).text == "api /maker/start"


async def test_the_root_leads_to_the_pools(folder):
    async with client(folder) as http:
        answer = await http.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/market-maker/pools")


async def test_a_page_s_address_answers_the_one_page_under_a_strict_policy(folder):
    async with client(folder) as http:
        answer = await http.get("/market-maker/pools/BTCUSDT-PERP")
    assert answer.text == "<title>page</title>"
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'"} <= set(policy)
    assert "style-src 'self'" in policy
    assert {"frame-ancestors 'none'", "require-trusted-types-for 'script'"} <= set(policy)
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_hashed_file_is_kept_for_ever_and_sent_packed(folder):
    async with client(folder) as http:
        answer = await http.get("/market-maker/assets/main-abc.js")
    assert answer.text == "1"
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["assets/gone.js", "assets/../../secret", "assets/%2e%2e/secret"])
async def test_a_missing_asset_is_not_found_and_no_other_file_is_reached(folder, path):
    async with client(folder) as http:
        answer = await http.get(f"/market-maker/{path}")
    assert "key" not in answer.text
    assert answer.status_code in {200, 404}


async def test_pages_are_only_read(folder):
    async with client(folder) as http:
        assert (await http.post("/market-maker/pools")).status_code == 405


async def test_without_built_files_the_page_says_how_to_build_them(tmp_path):
    async with client(tmp_path / "none") as http:
        answer = await http.get("/market-maker/pools")
        assert (answer.status_code, answer.text) == (503, NOT_BUILT)
        assert (await http.get("/health")).text == "api /health"
