import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.venues.recorded.lz4_frames import LZ4_MAGIC, Lz4Error, Lz4Reader, unpack_block

HEADER = LZ4_MAGIC + bytes([0x60, 0x40, 0])  # version 1, independent blocks of 64 KiB
END = struct.pack("<I", 0)


def frame(*blocks, stored=False):
    mark = 1 << 31 if stored else 0
    framed = [struct.pack("<I", len(block) | mark) + block for block in blocks]
    return HEADER + b"".join(framed) + END


def unpacked(content):
    return io.BufferedReader(Lz4Reader(io.BytesIO(content))).read()


def test_literals_and_a_match_that_overlaps_itself():
    # "abc", then 9 bytes from 3 back, then "xyzxy".
    block = bytes([0x35]) + b"abc" + bytes([3, 0]) + bytes([0x50]) + b"xyzxy"
    assert unpack_block(block, b"", 1 << 16) == b"abcabcabcabcxyzxy"
    assert unpacked(frame(block, block)) == b"abcabcabcabcxyzxy" * 2


def test_long_lengths_go_on_in_further_bytes():
    literals = bytes(range(256)) * 2
    block = bytes([0xF0, 255, len(literals) - 15 - 255]) + literals
    assert unpack_block(block, b"", 1 << 16) == literals


def test_a_linked_block_reaches_into_the_one_before():
    head = LZ4_MAGIC + bytes([0x40, 0x40, 0])
    first, second = bytes([0x40]) + b"abcd", bytes([0x00, 4, 0, 0x10]) + b"!"
    blocks = [struct.pack("<I", len(block)) + block for block in (first, second)]
    assert unpacked(head + b"".join(blocks) + END) == b"abcdabcd!"


@pytest.mark.thorough
@given(st.lists(st.binary(max_size=300), max_size=5))
def test_stored_blocks_are_their_content(contents):
    assert unpacked(frame(*contents, stored=True) * 2) == b"".join(contents) * 2


@given(st.binary(max_size=200))
def test_any_bytes_are_unpacked_or_refused_and_stay_small(block):
    with contextlib.suppress(Lz4Error):
        assert len(unpack_block(block, b"", 1 << 16)) <= 1 << 17


@given(st.data())
def test_a_damaged_frame_is_unpacked_or_refused(data):
    whole = bytearray(frame(bytes([0x35]) + b"abc" + bytes([3, 0]) + bytes([0x50]) + b"xyzxy"))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Lz4Error, EOFError):
        unpacked(bytes(whole))


def test_a_frame_that_ends_early_says_so():
    with pytest.raises(EOFError):
        unpacked(frame(b"\x10a")[:-6])
