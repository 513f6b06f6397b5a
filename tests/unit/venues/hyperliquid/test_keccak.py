"""The hash is Ethereum's, not that of the SHA-3 standard."""

from hashlib import sha3_256

from market_maker.venues.hyperliquid.keccak import keccak256


def test_known_texts_have_their_known_hashes():
    known = {
        b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
        b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    }
    assert {text: keccak256(text).hex() for text in known} == known
    assert keccak256(b"") != sha3_256(b"").digest()
