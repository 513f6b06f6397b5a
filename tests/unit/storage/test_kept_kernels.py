"""What is kept of kernels saves time, and nothing depends on it."""

import hashlib

import msgspec
import pytest

from market_maker.replay_venue import compiled
from market_maker.replay_venue.machine_code import Processor, host, processor
from market_maker.storage import kept_kernels
from market_maker.storage.kept_kernels import FOLDER, code_of, keep, load_kept, where_kept
from tests.support.full_disk import full_disk

PACKAGE = "market_maker.toy"


def times_three(number):
    return 3 * number


times_three.__module__ = f"{PACKAGE}.kernels"


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """One that nothing is kept of, in a folder of its own."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "kept"))
    compiled._entries.pop(PACKAGE, None)
    compiled._ingredients.pop(PACKAGE, None)
    return compiled.entry(times_three)


@pytest.fixture
def kept(kernel):
    """The file of one that is kept and not loaded."""
    code_of(PACKAGE)
    assert not kernel.is_ready
    (path,) = where_kept(PACKAGE).iterdir()
    return path


def test_what_one_process_keeps_the_next_one_loads(kernel):
    assert not load_kept(PACKAGE)
    assert kernel(2) == 6
    again = compiled.Entry(times_three)
    compiled._entries[PACKAGE] = [again]
    assert load_kept(PACKAGE)
    assert again.is_ready
    assert again(2) == 6


def test_what_is_loaded_is_not_asked_for_again(kernel, kept):
    assert load_kept(PACKAGE)
    kept.unlink()
    assert load_kept(PACKAGE)
    assert kernel(7) == 21


DAMAGES = {
    "empty": lambda content: content[:0],
    "no seal": lambda content: content[65:],
    "garbage": lambda content: content.hex().encode(),
    "cut off": lambda content: content[:-1],
    "cut in the middle": lambda content: content[: len(content) // 2],
    "longer": lambda content: content + b"\0",
    "a bit of the code": lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
    "a bit of the line": lambda content: content[:90] + bytes([content[90] ^ 1]) + content[91:],
    "zeros": lambda content: bytes(len(content)),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_costs_a_compilation_and_is_kept_anew(kernel, kept, damage):
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert not load_kept(PACKAGE)
    assert kernel(2) == 6
    assert kept.read_bytes() == whole


def resealed(content, **changes):
    """A whole file that says something else of its machine code."""
    _, _, rest = content.partition(b"\n")
    line, _, code = rest.partition(b"\n")
    origin = msgspec.json.decode(line, type=kept_kernels._Origin)
    return kept_kernels._sealed(msgspec.structs.replace(origin, **changes), code)


FOREIGN = {
    "of another form": {"format": 0},
    "of another package": {"package": "market_maker.other"},
    "of other kernels": {"mark": "0"},
    "of other names": {"functions": ["market_maker.toy.kernels.times_four"]},
    "of another system": {"system": "m68k-unknown-linux-gnu"},
    "for features that are not here": {"features": [*host().features, "an-unknown-one"]},
}


@pytest.mark.parametrize("changes", FOREIGN.values(), ids=FOREIGN)
def test_what_was_made_of_something_else_or_for_another_processor_is_not_loaded(kept, changes):
    kept.write_bytes(resealed(kept.read_bytes(), **changes))
    assert not load_kept(PACKAGE)


def test_what_was_made_for_an_older_processor_is_loaded(kernel, kept):
    older = Processor(processor().system, "older", processor().features[:-1])
    changes = {"processor": older.name, "features": [*older.features]}
    kept.write_bytes(resealed(kept.read_bytes(), **changes))
    assert load_kept(PACKAGE)
    assert kernel(3) == 9


def test_a_line_that_is_no_origin_is_not_loaded(kept):
    _, _, code = kept.read_bytes().partition(b"\n")[2].partition(b"\n")
    content = b"{}\n" + code
    kept.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
    assert not load_kept(PACKAGE)


def test_another_kernel_of_the_package_makes_another_code(kept):
    assert kept.is_file()
    compiled._ingredients[PACKAGE].append("another kernel")
    assert not load_kept(PACKAGE)


@pytest.mark.parametrize("room", [0, 64])
def test_where_the_disk_is_full_a_kernel_is_compiled_and_nothing_is_left(kernel, tmp_path, room):
    with full_disk(room=room):
        assert kernel(2) == 6
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_full_disk_leaves_what_is_kept(kept):
    before = kept.read_bytes()
    with full_disk():
        keep(PACKAGE, b"something else")
    assert kept.read_bytes() == before
    assert [*kept.parent.iterdir()] == [kept]


def test_where_nothing_can_be_written_nothing_is_kept(kernel, tmp_path, monkeypatch):
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv(FOLDER, str(tmp_path / "a file" / "below"))
    assert where_kept(PACKAGE) is None
    assert not load_kept(PACKAGE)
    assert kernel(5) == 15


def test_without_a_folder_that_is_named_kernels_stand_beside_their_source(monkeypatch):
    monkeypatch.delenv(FOLDER, raising=False)
    folder = where_kept("market_maker.replay_venue")
    assert folder.name in {"__pycache__", "market_maker"}


def test_what_is_none_of_the_products_is_not_kept(tmp_path, monkeypatch):
    """Of a package of tests not all kernels are known."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    keep("tests.unit", b"code")
    assert [*tmp_path.iterdir()] == []


def test_what_a_wheel_brings_along_is_read_where_nothing_else_is_kept(
    kernel, kept, tmp_path, monkeypatch
):
    """Beside the source, which is never written to."""
    shipped = tmp_path / "toy"
    shipped.mkdir()
    kept.rename(shipped / kept.name)
    monkeypatch.setattr(kept_kernels, "_sources", lambda _: iter([shipped]))
    assert load_kept(PACKAGE)
    assert kernel(4) == 12
    assert [*kept.parent.iterdir()] == []
