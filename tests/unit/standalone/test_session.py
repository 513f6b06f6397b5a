"""What keeps a session from starting is one clear line, and nothing is open then."""

import pytest

from market_maker.model.errors import InvalidDataError, InvalidFieldError, VenueRefusedError
from market_maker.model.errors import VenueUnavailableError as Unavailable
from market_maker.standalone.session import run_session
from market_maker.standalone.stopping import MakerStop
from tests.unit.standalone.venue import (
    CLOCK,
    STRANGER_TEXT,
    Lines,
    emulated,
    serving,
    settings_for,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"key": STRANGER_TEXT}, VenueRefusedError, "is no account and no agent on testnet"),
        ({"key": "zz"}, InvalidFieldError, "64 hex digits"),
        ({"asset": "NOPE"}, InvalidDataError, "AssetNotFound: .*such as BTC"),
        ({"dex": "nope"}, InvalidDataError, "DexNotFound: .*hyna"),
        ({"leverage": 99}, InvalidFieldError, "leverage: 99.*1 to 40 for BTC"),
        ({"decimals": 5}, InvalidFieldError, "decimals: 5"),
        ({"account": "0x" + "ab" * 20}, InvalidFieldError, "account"),
    ],
)
async def test_what_cannot_run_is_one_clear_line(tmp_path, more, error, said):
    lines = Lines()
    async with serving(emulated()) as url:
        with pytest.raises(error, match=said) as refused:
            await run_session(settings_for(url, tmp_path, **more), CLOCK, lines.log, MakerStop())
    assert "\n" not in str(refused.value)


async def test_an_account_without_money_is_refused_with_the_reason(tmp_path):
    async with serving(emulated(money=0)) as url:
        with pytest.raises(InvalidDataError, match=r"InsufficientMargin: .*deposit"):
            await run_session(settings_for(url, tmp_path), CLOCK, Lines().log, MakerStop())


async def test_a_venue_that_is_not_there_is_named(tmp_path):
    settings = settings_for("http://127.0.0.1:9", tmp_path)
    with pytest.raises(Unavailable, match="Failed to connect to exchange"):
        await run_session(settings, CLOCK, Lines().log, MakerStop())


async def test_a_password_in_the_address_of_a_server_is_not_repeated(tmp_path):
    settings = settings_for("http://me:hunter2@127.0.0.1:9", tmp_path)
    with pytest.raises(Unavailable, match=r"http://127.0.0.1:9 does not answer") as refused:
        await run_session(settings, CLOCK, Lines().log, MakerStop())
    assert "hunter2" not in str(refused.value)
