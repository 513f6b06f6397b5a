"""What the HTTP clients share."""

import pytest

from market_maker.venues.http import bounded


@pytest.mark.anyio
async def test_a_body_is_whole_or_nothing():
    async def pieces():
        for piece in (b"ab", b"cd"):
            yield piece

    assert await bounded(pieces(), 4) == b"abcd"
    assert await bounded(pieces(), 3) == b""
