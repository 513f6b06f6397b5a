"""A disk that is full for this process and those that it starts."""

import os
import subprocess
import sys
from importlib import import_module

import pytest

from tests.support.full_disk import full_disk


def test_what_is_imported_on_a_full_disk_leaves_no_byte_code_that_is_cut_short(
    tmp_path, monkeypatch
):
    (tmp_path / "imported_on_a_full_disk.py").write_text("NUMBERS = [1, 2, 3]\n" * 100)
    monkeypatch.syspath_prepend(tmp_path)
    with full_disk():
        assert import_module("imported_on_a_full_disk").NUMBERS == [1, 2, 3]
    assert [*tmp_path.rglob("*.pyc")] == []


def test_nor_does_what_a_process_imports_that_is_started_on_one(tmp_path, monkeypatch):
    """A worker's module was cut short for good where nothing had imported it before."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (tmp_path / "imported_by_another.py").write_text("NUMBERS = [1, 2, 3]\n" * 100)
    with full_disk():
        subprocess.run(
            [sys.executable, "-c", "import imported_by_another"], cwd=tmp_path, check=True
        )
    assert [*tmp_path.rglob("*.pyc")] == []
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ  # noqa: TID251


def test_no_file_grows_beyond_the_room(tmp_path):
    with full_disk(room=10), pytest.raises(OSError, match="File too large"):
        (tmp_path / "file").write_bytes(bytes(11))
