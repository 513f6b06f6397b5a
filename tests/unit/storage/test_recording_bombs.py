"""A few kilobytes of zip can hold more than any memory: they are refused, and not unpacked."""

import io
import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.model.recording import RowKind
from market_maker.storage.recording import (
    COLUMNS,
    META_NAME,
    UNPACKED_FREE,
    read_recording,
    write_recording,
)
from tests.captures import make_recording

MIB = 1 << 20
ROWS = [(RowKind.CLEAR, 0, 0, 1_000, 2_000), (RowKind.BID, 618_002, 2_507, 1_000, 2_000)]


def refusal(path):
    """What is said, and how much memory it took, bytes."""
    tracemalloc.start()
    try:
        with pytest.raises(InvalidDataError) as caught:
            read_recording(path)
        return str(caught.value), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.mmrec"
    write_recording(path, make_recording(ROWS))
    return path


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_zip(path, contents, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def zeros(rows):
    content = io.BytesIO()
    np.lib.format.write_array(content, np.zeros(rows, "<u1"), version=(1, 0))
    return content.getvalue()


def claiming(path, name, size):
    """The zip's directory says that a member has `size` bytes, whatever its data unpack to."""
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    while content[at + 46 : at + 46 + len(name)] != name.encode():
        at = content.index(b"PK\x01\x02", at + 1)
    content[at + 24 : at + 28] = struct.pack("<I", size)
    path.write_bytes(content)
    return path


@pytest.mark.thorough
def test_a_small_file_that_says_it_unpacks_to_very_much_is_refused_unread(good):
    rows = UNPACKED_FREE // len(COLUMNS) + 1
    contents = members(good)
    meta = json.loads(contents[META_NAME]) | {"rows": rows}
    contents |= {META_NAME: json.dumps(meta)} | {f"{n}.npy": zeros(rows) for n in COLUMNS}
    message, memory = refusal(write_zip(good, contents))
    assert "unpacks to" in message
    assert "no recording" in message
    assert memory < 4 * MIB


@pytest.mark.parametrize("name", [META_NAME, "lots.npy"])
def test_a_member_that_unpacks_to_more_than_it_says_is_cut_short(good, name):
    contents = members(good)
    said = len(contents[name])
    contents[name] += bytes(32 * MIB)
    message, memory = refusal(claiming(write_zip(good, contents), name, said))
    assert "damaged" in message
    assert memory < 8 * MIB


@pytest.mark.thorough
@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_ways_of_packing_that_cannot_be_bounded_are_refused(good, method):
    contents = members(good) | {"lots.npy": zeros(2) + bytes(16 * MIB)}
    message, memory = refusal(write_zip(good, contents, method))
    assert "packed in a way" in message
    assert memory < 4 * MIB


def test_a_file_with_a_password_is_refused(good):
    content = bytearray(good.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    good.write_bytes(content)
    message, _ = refusal(good)
    assert "packed in a way" in message
