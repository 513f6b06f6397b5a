"""Pieces that were compressed apart are one stream for who reads them."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.api.packing import (
    HEAD,
    STORED_BELOW,
    PackedStream,
    joined,
    piece_of,
    takes_deflate,
    together,
)

TEXTS = st.lists(st.binary(max_size=3) | st.integers(0, 4_000).map(lambda size: b"ab" * size))


def sent(texts: list[bytes]) -> bytes:
    stream = PackedStream()
    return HEAD + b"".join(stream.add(piece_of(text)) for text in texts) + stream.end()


@given(TEXTS)
def test_any_pieces_in_any_order_are_read_as_one_text_with_a_right_checksum(texts):
    assert zlib.decompress(sent(texts)) == b"".join(texts)


@given(st.binary(), st.binary())
def test_the_checksum_of_a_text_follows_from_those_of_its_parts(first, second):
    assert joined(zlib.adler32(first), piece_of(second)) == zlib.adler32(first + second)


def test_every_piece_can_be_read_as_soon_as_it_has_come():
    stream, reader = PackedStream(), zlib.decompressobj()
    reader.decompress(HEAD)
    for text in (b"hello", b"x" * STORED_BELOW, b"pool " * 1_000, b"end"):
        assert reader.decompress(stream.add(piece_of(text))) == text


def test_one_piece_serves_streams_that_had_different_things_before_it():
    shared = piece_of(b"all pools " * 100)
    for before in (b"", b"other " * 200):
        stream = PackedStream()
        parts = [stream.add(piece_of(before)), stream.add(shared)]
        whole = HEAD + b"".join(parts) + stream.end()
        assert zlib.decompress(whole) == before + b"all pools " * 100


@given(TEXTS)
def test_pieces_that_follow_each_other_are_one_piece(texts):
    one, stream = together(*map(piece_of, texts)), PackedStream()
    assert zlib.decompress(HEAD + stream.add(one) + stream.end()) == b"".join(texts)
    assert one.size == len(b"".join(texts))


def test_a_picture_of_all_pools_becomes_much_smaller():
    text = b'{"symbol":"BTCUSDT-PERP","state":"ACTIVE","open_orders":18},' * 100
    assert len(piece_of(text).block) * 8 < len(text)


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("gzip, deflate, br, zstd", True),
        ("Deflate;q=0.5", True),
        ("", False),
        ("gzip", False),
        ("identity, deflate;q=0", False),
        ("deflate; q=0.000", False),
    ],
)
def test_deflate_is_taken_where_it_is_named(accepted, takes):
    assert takes_deflate(accepted) is takes
