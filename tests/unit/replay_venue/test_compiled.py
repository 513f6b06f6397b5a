"""The cache of machine code saves time and nothing depends on it."""

from pathlib import Path

import pytest
from numba import njit, types

from market_maker.replay_venue.compiled import MarkedCache, _mark, compiled, shared
from tests.support.full_disk import full_disk

SIGNATURE = (types.int64,)


def plus_one(number):
    return number + 1


compiled(plus_one)  # from here on it is an ingredient of this package's kernels


def kernel_with(folder, monkeypatch):
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(folder))
    kernel = njit(plus_one)
    kernel._cache = MarkedCache(plus_one)
    return kernel


def files(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_a_kernel_is_compiled_and_used_where_the_disk_that_keeps_it_is_full(tmp_path, monkeypatch):
    kernel = kernel_with(tmp_path, monkeypatch)
    with full_disk(room=0):
        kernel.compile(SIGNATURE)
    assert kernel(1) == 2
    assert files(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"\x80", b"garbage", b"\x80\x04N."])
@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_a_damaged_cache_costs_a_compilation_and_is_kept_anew(tmp_path, monkeypatch, content, kind):
    kernel_with(tmp_path, monkeypatch).compile(SIGNATURE)
    (damaged,) = [path for path in files(tmp_path) if path.suffix == f".{kind}"]
    damaged.write_bytes(content)
    again = kernel_with(tmp_path, monkeypatch)
    again.compile(SIGNATURE)
    assert again(1) == 2
    assert damaged.read_bytes() != content
    last = kernel_with(tmp_path, monkeypatch)
    last.compile(SIGNATURE)
    assert last.stats.cache_hits


FACTOR = 1.5


def times(number, by=FACTOR):
    return number * by * FACTOR


def test_a_kernel_is_another_one_where_a_number_of_a_rule_is_another_one(monkeypatch):
    """Also one with a point, and one that is a default."""
    marks = set()
    for package, factor, default in (("a", 1.5, 1.5), ("b", 2.5, 1.5), ("c", 1.5, 2.5)):
        monkeypatch.setitem(times.__globals__, "FACTOR", factor)
        times.__defaults__ = (default,)
        shared(times, package)
        marks.add(_mark(package))
    assert len(marks) == 3
