import zlib

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.storage.history import BLOCK_BYTES_MAX, unpacked_rows

BOMB = zlib.compress(bytes(BLOCK_BYTES_MAX + 1))


def test_a_block_comes_back_as_it_was() -> None:
    assert unpacked_rows("S", zlib.compress(b"rows" * 1_000)) == b"rows" * 1_000


@pytest.mark.parametrize("data", [BOMB, zlib.compress(b"rows" * 1_000)[:-5], b"rows", b""])
def test_a_block_that_is_damaged_or_unpacks_to_very_much_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidDataError, match="history of S: "):
        unpacked_rows("S", data)
