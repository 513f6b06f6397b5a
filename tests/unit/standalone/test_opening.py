"""Networks by name or address, and the errors of a connection in the SOP's words."""

import pytest

from market_maker.standalone.opening import (
    dexes_of,
    http_session,
    network_name,
    state_folder,
    url_of,
)
from market_maker.standalone.settings import MakerSettings
from market_maker.venues.hyperliquid.universe import dex_name
from tests.unit.standalone.venue import CLOCK, emulated, serving, settings_for

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("network", "url", "name"),
    [
        ("mainnet", "https://api.hyperliquid.xyz", "mainnet"),
        ("testnet", "https://api.hyperliquid-testnet.xyz", "testnet"),
        ("localhost", "http://localhost:3001", "localhost"),
        ("local", "http://localhost:3001", "localhost"),
        ("http://127.0.0.1:5", "http://127.0.0.1:5", "custom"),
    ],
)
def test_a_network_is_a_name_or_an_address(network, url, name):
    settings = MakerSettings(network=network)
    assert (url_of(settings), network_name(settings)) == (url, name)


def test_the_state_folder_is_its_owners_alone(tmp_path):
    folder = state_folder(MakerSettings(state_dir=tmp_path / "a" / "b"))
    assert folder.stat().st_mode & 0o077 == 0


async def test_dexes_are_listed_without_a_key_and_found_by_their_full_names(tmp_path):
    async with serving(emulated()) as url, http_session() as http:
        dexes = await dexes_of(settings_for(url, tmp_path), http, CLOCK)
    assert [dex.name for dex in dexes] == ["xyz", "flx", "vntl", "hyna"]
    assert dex_name(dexes, "hyena") == "hyna"
