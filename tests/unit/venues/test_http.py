"""What the HTTP clients share."""

import pytest

from market_maker.venues.http import SILENT, bounded, why


@pytest.mark.anyio
async def test_a_body_is_whole_or_nothing():
    async def pieces():
        for piece in (b"ab", b"cd"):
            yield piece

    assert await bounded(pieces(), 4) == b"abcd"
    assert await bounded(pieces(), 3) == b""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), SILENT),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (OSError(), "OSError"),
        (UnicodeError("http://user:hunter2@host"), "UnicodeError"),
    ],
)
def test_what_went_wrong_is_said_without_the_address(error, said):
    assert why(error) == said
