"""A native engine is the engine whose source stands beside it, or it does not run."""

import json
from pathlib import Path

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.native_engine import MANIFEST, check_native, digest
from scripts.native_engine import MODULES

PACKAGE = Path(__file__).parents[2] / "src" / "market_maker"


@pytest.fixture
def package(tmp_path):
    (tmp_path / "engine").mkdir()
    source = tmp_path / "engine" / "ladder.py"
    source.write_text("STEP = 1\n")
    (tmp_path / MANIFEST).write_text(json.dumps({"engine/ladder.py": digest(source)}))
    return tmp_path


def test_built_from_what_stands_there(package):
    check_native(package)


def test_a_source_that_was_changed_after_the_build_is_named(package):
    (package / "engine" / "ladder.py").write_text("STEP = 2\n")
    with pytest.raises(InvalidDataError, match=r"engine/ladder\.py.*changed.*make native"):
        check_native(package)


def test_a_source_that_is_gone_is_named(package):
    (package / "engine" / "ladder.py").unlink()
    with pytest.raises(InvalidDataError, match=r"engine/ladder\.py"):
        check_native(package)


def test_modules_without_a_record_of_their_source_are_refused(package):
    (package / MANIFEST).unlink()
    with pytest.raises(InvalidDataError, match=r"not on record.*make interpreted"):
        check_native(package)


def test_no_module_that_is_built_defines_a_struct():
    for name in MODULES:
        assert "(Struct" not in (PACKAGE / name).read_text(), name
