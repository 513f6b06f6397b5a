"""What kernels are made of, and when they are another one."""

import inspect
import subprocess
import sys
from types import CodeType, FunctionType

import pytest

from market_maker.replay_venue import kernels
from market_maker.replay_venue.compiled import (
    KEPT_NOWHERE,
    _ingredients,
    _note_function,
    compiled,
    entry,
    mark,
    shared,
)

PACKAGE = kernels.__package__
"""Known by its kernels, once they are read."""


def plus_two(number):
    return number + 2


def test_a_part_is_the_function_itself_for_python():
    assert compiled(plus_two) is plus_two
    assert plus_two(1.5) == 3.5


def test_a_kernel_that_nothing_is_kept_of_is_compiled_when_it_is_called():
    code = compile("lambda x: 2 * x", "<no file, so nothing can be kept>", "eval").co_consts[0]
    kernel = entry(FunctionType(code, {"__name__": "nowhere.at_all"}))
    assert not kernel.is_ready
    assert kernel(21) == 42
    assert kernel.is_ready
    assert kernel(-1) == -2


ALONE = "from market_maker.replay_venue import compiled, kernels; "
ALONE += "compiled.make_ready(kernels.__package__)"


def test_where_machine_code_is_kept_nowhere_it_is_said_before_it_is_made():
    """A process that imports the venue alone was silent for seconds, each time."""
    words = [sys.executable, "-W", "error", "-c", ALONE]
    said = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert said.returncode == 1
    assert f"RuntimeWarning: {KEPT_NOWHERE.format(PACKAGE)}" in said.stderr


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
        marks.add(mark(package))
    assert len(marks) == 3


def spread(number):
    return sum(each for each in (number, 1))


def test_code_within_a_kernel_is_marked_by_what_it_does():
    """Not by where it lies in memory: another process would never find what is kept."""
    marks = [_mark_of(compile_again(spread)) for _ in range(2)]
    assert marks[0] == marks[1]


def compile_again(function):
    lines = compile(inspect.getsource(function), "again", "exec")
    (code,) = [each for each in lines.co_consts if isinstance(each, CodeType)]
    return FunctionType(code, globals())


def _mark_of(function):
    _note_function("a package of its own", function)
    return _ingredients.pop("a package of its own")


def test_what_is_kept_is_marked_with_every_kernel_and_record_of_the_package():
    before = mark(PACKAGE)
    assert mark(PACKAGE) == before
    _ingredients[PACKAGE].append("another kernel")
    after = mark(PACKAGE)
    _ingredients[PACKAGE].pop()
    assert after != before
    assert mark(PACKAGE) == before


def test_the_mark_is_the_same_in_whatever_order_the_modules_were_imported():
    before = mark(PACKAGE)
    _ingredients[PACKAGE].reverse()
    after = mark(PACKAGE)
    _ingredients[PACKAGE].reverse()
    assert after == before


MARKED = (
    "import sys, pkgutil, importlib\n"
    "importlib.import_module(sys.argv[1])\n"
    "from market_maker.replay_venue.compiled import mark\n"
    "package = sys.argv[1].rpartition('.')[0]\n"
    "before = mark(package)\n"
    "for each in pkgutil.iter_modules(sys.modules[package].__path__, package + '.'):\n"
    "    importlib.import_module(each.name)\n"
    "print(before == mark(package))\n"
)


@pytest.mark.parametrize("module", ["replay_venue.kernels", "decision_kernel.run_kernels"])
def test_who_calls_a_kernel_has_imported_all_that_it_is_made_of(module):
    ran = subprocess.run(
        [sys.executable, "-c", MARKED, f"market_maker.{module}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "True\n"
