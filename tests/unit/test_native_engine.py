"""A native engine is the engine whose source stands there, or it does not run."""

import json
import os
import sys
from pathlib import Path

import pytest

from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.native_engine import (
    LIBRARY,
    MANIFEST,
    SETTING,
    SUFFIX,
    EngineForm,
    digest,
    engine_form,
    folder_of,
    form_of,
    unfit,
    why_interpreted,
    why_not,
)
from scripts.native_engine import MODULES, missing, sources, wanted

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "market_maker"
NATIVE = {SETTING: "native"}


@pytest.fixture
def package(tmp_path):
    """With a build whose library is no library."""
    (tmp_path / "engine").mkdir()
    source = tmp_path / "engine" / "ladder.py"
    source.write_text("STEP = 1\n")
    folder = folder_of(tmp_path)
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text(json.dumps({"engine/ladder.py": digest(source)}))
    (folder / f"{LIBRARY}{SUFFIX}").write_text("no library")
    return tmp_path


def test_the_tests_run_the_source_whatever_was_built():
    assert engine_form() is EngineForm.INTERPRETED
    assert why_interpreted()
    assert os.environ[SETTING] == EngineForm.INTERPRETED  # noqa: TID251 - for what tests start


def test_one_that_was_built_from_what_stands_there_fits(package):
    assert unfit(package) == ""


def test_a_source_that_was_changed_after_the_build_is_named(package):
    (package / "engine" / "ladder.py").write_text("STEP = 2\n")
    changed = "engine/ladder.py was changed after it was built (make native)"
    assert why_not({}, package) == changed
    with pytest.raises(
        InvalidDataError, match=f"{SETTING}: asks for a native engine, but engine/ladder"
    ):
        why_not(NATIVE, package)


def test_a_source_that_is_gone_is_named(package):
    (package / "engine" / "ladder.py").unlink()
    assert why_not({}, package).startswith("engine/ladder.py")


def test_where_none_was_built_it_says_how_to_build_one(tmp_path):
    assert why_not({}, tmp_path) == "none was built for this Python (make native)"
    with pytest.raises(InvalidDataError, match="none was built"):
        why_not(NATIVE, tmp_path)


def test_one_that_this_machine_cannot_load_is_left_alone(package):
    assert why_not({}, package).startswith("what was built cannot be loaded here: ")
    assert LIBRARY not in sys.modules
    (folder_of(package) / f"{LIBRARY}{SUFFIX}").unlink()
    assert "cannot be loaded" in why_not({}, package)


def test_a_process_that_has_imported_the_source_keeps_to_it(package):
    name = why_not.__module__
    (folder_of(package) / f"{name}{SUFFIX}").touch()
    assert why_not({}, package) == f"{name} had been imported before"


def test_the_setting_asks_for_either_form_and_for_nothing_else(package):
    assert why_not({SETTING: "interpreted"}, package) == f"{SETTING} asks for that"
    assert form_of("") is None
    with pytest.raises(InvalidFieldError, match="interpreted or native"):
        why_not({SETTING: "compiled"}, package)


def test_no_module_that_is_built_defines_a_struct():
    for name in MODULES:
        assert "(Struct" not in (PACKAGE / name).read_text(), name


def test_a_build_rests_on_everything_that_its_modules_import(tmp_path):
    package = tmp_path / "market_maker"
    (package / "model").mkdir(parents=True)
    for name, text in {
        "__init__.py": "",
        "engine.py": "from market_maker.model import units\nimport market_maker.book",
        "book.py": "def later():\n    from market_maker.model.side import BUY",
        "model/__init__.py": "",
        "model/units.py": "import json",
        "model/side.py": "BUY = 1",
        "clocks.py": "",
    }.items():
        (package / name).write_text(text)
    needed = ["book.py", "engine.py", "model/__init__.py", "model/side.py", "model/units.py"]
    assert sources(tmp_path, ["engine.py"]) == ["__init__.py", *needed]


def test_every_module_of_the_real_one_is_there():
    assert set(MODULES) < set(sources(PACKAGE.parent))


def test_without_a_compiler_there_is_nothing_to_build_and_one_line_says_so(tmp_path, capsys):
    assert not wanted(tmp_path, {}, compiler="")
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("The engine runs as Python")
    assert "there is no C compiler" in line


def test_a_build_is_wanted_where_none_fits_and_the_setting_allows_one(tmp_path, package, capsys):
    (tmp_path / "market_maker").symlink_to(package)
    assert not wanted(tmp_path, {}, compiler="cc")
    (package / "engine" / "ladder.py").write_text("STEP = 2\n")
    assert wanted(tmp_path, {}, compiler="cc") == (not missing("cc"))
    capsys.readouterr()
    assert not wanted(tmp_path, {SETTING: "interpreted"}, compiler="cc")
    assert capsys.readouterr().out == ""
