import mmap
from pathlib import Path

import numpy as np
import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.storage.mapped_recording import ABOUT_NAME, open_mapped, write_mapped
from market_maker.storage.recording import COLUMNS
from tests.toy_market import toy_recording


@pytest.fixture
def recording():
    return toy_recording(seconds=5)


def base_of(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return array


def test_what_is_unpacked_is_what_was_recorded(tmp_path, recording):
    write_mapped(tmp_path / "toy", recording)
    there = open_mapped(tmp_path / "toy")
    for name in COLUMNS:
        assert np.array_equal(getattr(there, name), getattr(recording, name))
        assert getattr(there, name).dtype == getattr(recording, name).dtype
    assert (there.instrument, there.origin) == (recording.instrument, recording.origin)


def test_the_columns_are_a_memory_map_that_cannot_be_written_to(tmp_path, recording):
    write_mapped(tmp_path / "toy", recording)
    there = open_mapped(tmp_path / "toy")
    for name in COLUMNS:
        assert isinstance(base_of(getattr(there, name)), mmap.mmap)
        assert not getattr(there, name).flags.writeable


def test_what_stands_there_is_kept_where_it_is_the_same_and_replaced_where_it_is_not(
    tmp_path, recording
):
    folder = tmp_path / "toy"
    write_mapped(folder, recording)
    before = (folder / "lots.npy").stat().st_ino
    write_mapped(folder, recording)
    assert (folder / "lots.npy").stat().st_ino == before
    other = toy_recording(seconds=5, seed=2)
    write_mapped(folder, other)
    assert np.array_equal(open_mapped(folder).lots, other.lots)


@pytest.mark.parametrize("name", ["lots.npy", ABOUT_NAME])
@pytest.mark.parametrize("damage", ["cut", "junk", "gone"])
def test_damage_is_refused_by_name_and_mended_by_unpacking_again(tmp_path, recording, name, damage):
    folder = tmp_path / "toy"
    write_mapped(folder, recording)
    path = folder / name
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:40] if damage == "cut" else b"junk")
    with pytest.raises(InvalidDataError, match="toy"):
        open_mapped(folder)
    write_mapped(folder, recording)
    assert np.array_equal(open_mapped(folder).lots, recording.lots)


def test_a_place_that_cannot_be_written_to_is_one_line(recording):
    with pytest.raises(InvalidDataError, match="cannot be written"):
        write_mapped(Path("/proc/toy"), recording)


def test_nothing_half_written_is_left_behind(tmp_path, recording):
    write_mapped(tmp_path / "toy", recording)
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]
