"""One suite, both wallets: each test that asks for `wallet` runs on each of them."""

from collections.abc import AsyncIterator

import pytest

from market_maker.clocks import SimClock
from market_maker.venues.wallet.embedded import FILE_NAME, EmbeddedWallet
from tests.contract.wallet.wallets import NOW, http_wallet


@pytest.fixture(params=["embedded", "http"])
async def wallet(request, tmp_path) -> AsyncIterator[object]:
    if request.param == "embedded":
        yield EmbeddedWallet(tmp_path / FILE_NAME, SimClock(NOW))
        return
    async with http_wallet() as (client, _):
        yield client
