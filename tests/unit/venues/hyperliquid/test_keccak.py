"""The hash is Ethereum's, not that of the SHA-3 standard."""

from hashlib import sha3_256
from types import SimpleNamespace

import pytest
from Crypto.Hash import keccak

from market_maker.venues.hyperliquid.keccak import fastest, keccak256


def test_known_texts_have_their_known_hashes():
    known = {
        b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
        b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    }
    assert {text: keccak256(text).hex() for text in known} == known
    assert keccak256(b"") != sha3_256(b"").digest()


def test_the_short_way_and_the_long_one_hash_alike_at_every_length_of_a_block():
    long = fastest(SimpleNamespace(new=keccak.new))
    for length in (*range(130, 140), 271, 272, 273, 5_000):
        data = bytes(number % 251 for number in range(length))
        assert fastest(keccak)(data) == long(data) == keccak256(data)


@pytest.mark.parametrize("code", [0, 1])
def test_a_library_whose_short_way_is_another_is_asked_the_long_way(code):
    changed = SimpleNamespace(
        new=keccak.new,
        create_string_buffer=bytearray,
        get_raw_buffer=bytes,
        c_size_t=int,
        c_ubyte=int,
        _raw_keccak_lib=SimpleNamespace(keccak_oneshot=lambda *_: code),
    )
    assert fastest(changed)(b"abc") == keccak256(b"abc")
