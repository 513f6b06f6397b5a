"""The determinism check: the pure packages are clean, and the checker catches what it is for."""

import pytest
from hypothesis import settings

from tests.tidy.determinism import violations
from tests.tidy.tree import PACKAGE, PURE_PACKAGES, ROOT, name_of, pure_files

CAUGHT = {
    "a wall clock": "import time\n\nnow = time.time_ns()",
    "a date": "from datetime import datetime",
    "the environment": "import os.path",
    "chance": "from random import gauss",
    "a hash": "key = hash('BTC')",
    "an identity": "key = id(key)",
    "a file": "open('book')",
    "a literal": "for x in {1, 2}: f(x)",
    "a built set": "for x in set(names): f(x)",
    "a frozen set": "for x in frozenset(names): f(x)",
    "a set comprehension": "for x in {y for y in names}: f(x)",
    "a list of a set": "rows = list(set(names))",
    "a comprehension": "rows = [f(x) for x in set(names)]",
    "a dictionary in a set's order": "rows = {x: 0 for x in set(names)}",
    "pop": "live = set(names)\nlive.pop()",
    "a variable": "def f():\n    live = {1}\n    for x in live: g(x)",
    "an annotated argument": "def f(live: set[int] | None):\n    return [*live]",
    "a quoted annotation": "def f(live: 'frozenset[int]'):\n    return tuple(live)",
    "an attribute": "class A:\n  def f(self):\n    for x in self.live: g(x)\n"
    "  def __init__(self):\n    self.live = set()",
    "a field": "class A:\n    live: set[int]\n\ndef f(a):\n    return next(iter(a.live))",
    "a property": "class A:\n  @property\n  def live(self) -> set[int]: ...\nlist(A().live)",
    "a function's answer": "def f() -> set[int]: ...\nfor x in f(): g(x)",
    "a difference": "live = set()\nfor x in live - {1}: f(x)",
    "a difference of keys": "for x in desired.keys() - live.keys(): f(x)",
    "a union": "live = set()\nfor x in live.union(names): f(x)",
    "a sum of floats": "total = sum({0.1, 0.2})",
    "text": "live = {1}\ntext = f'{live}'",
    "ties": "rows = sorted(set(names), key=len)",
    "unpacking": "a, b = {1, 2}",
    "a clock by another name": "from time import time as t\n\nnow = t()",
    "a clock by way of a timer": "import timeit\n\nnow = timeit.default_timer()",
    "a clock by way of the loaded modules": "import sys\n\nnow = sys.modules['time'].time()",
    "a clock imported late": "now = __import__('time').time()",
    "a clock in a text": "now = eval('clock()')",
    "numpy's clock": "import numpy as np\n\nnow = np.datetime64('now')",
    "numpy's chance": "import numpy as np\n\nx = np.random.default_rng().random()",
    "numpy's chance by name": "from numpy.random import rand",
    "a hash by its method": "key = 'BTC'.__hash__()",
    "an unpacked set": "for x in {*names}: f(x)",
    "a default": "def f(live={1}):\n    for x in live: g(x)",
    "set.union": "for x in set.union(a, b): f(x)",
    "a set that is held": "d: dict[str, set[int]] = {}\nfor x in d['a']: f(x)",
    "a set that is got": "d: dict[str, set[int]] = {}\nfor x in d.get('a', set()): f(x)",
    "a set that is made": "d = defaultdict(set)\nfor x in d['a']: f(x)",
}
ALLOWED = {
    "sorting": "for x in sorted({1, 2}): f(x)",
    "sorting a comprehension": "rows = sorted(f(x) for x in {1, 2})",
    "membership": "live = {1}\nok = 1 in live and 2 not in live",
    "counting": "live = {1}\nn = len(live), any(x > 1 for x in live)",
    "a set from a set": "live = {1}\nmore = {x + 1 for x in live} | {*live}",
    "a loop over a list": "def f(live: list[int]):\n    for x in live: g(x)",
    "another function's name": "def f():\n    x = {1}\ndef g(x):\n    for y in x: h(y)",
    "a name that became a list": "x = {1}\nx = sorted(x)\nfor y in x: f(y)",
    "a dictionary": "for x in {1: 2}: f(x)",
    "a dictionary of lists": "d: dict[str, list[int]] = {}\nfor x in d['a']: f(x)",
}


@pytest.mark.parametrize("source", CAUGHT.values(), ids=CAUGHT)
def test_the_checker_catches(source: str) -> None:
    assert violations(source, "src/market_maker/engine/x.py")


@pytest.mark.parametrize("source", ALLOWED.values(), ids=ALLOWED)
def test_the_checker_allows(source: str) -> None:
    assert violations(source, "src/market_maker/engine/x.py") == []


def test_the_sandbox_may_use_a_seeded_random_and_nothing_else_of_chance() -> None:
    sandbox = "src/market_maker/sandbox/traders.py"
    seeded = "from random import Random\n\ndef f(random: Random):\n    return random.gauss(0, 1)"
    assert violations(seeded, sandbox) == []
    assert violations("import random\n\nr = random.Random(7)", sandbox) == []
    assert violations("def f(self):\n    return self.random.gauss(0, 1)", sandbox) == []
    assert violations("import numpy as np\n\nx = np.random.rand()", sandbox)
    assert violations(seeded, "src/market_maker/engine/x.py")
    assert violations("import random\n\nr = random.gauss(0, 1)", sandbox)
    assert violations("from random import Random\n\nr = Random()", sandbox)


PLANTS = {
    "a wall-clock read": "import time\nSTARTED = time.time_ns()",
    "an unordered loop": "for planted in {'a', 'b'}:\n    str(planted)",
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_the_checker_catches_in_the_engine(plant: str) -> None:
    engine = PACKAGE / "engine" / "engine.py"
    source = engine.read_text("utf-8")
    assert violations(source, name_of(engine)) == []
    planted = violations(f"{source}\n{plant}\n", name_of(engine))
    line = len(source.splitlines()) + 1
    assert planted, "not caught"
    assert all(int(breach.split(":")[1]) > line for breach in planted)


def test_nothing_in_the_pure_packages_differs_between_runs() -> None:
    found = [
        line for path in pure_files() for line in violations(path.read_text("utf-8"), name_of(path))
    ]
    assert not found, "\n".join(found)


def test_the_check_reads_every_pure_package_that_exists() -> None:
    read = {path.relative_to(PACKAGE).parts[0] for path in pure_files()}
    assert read == {name for name in PURE_PACKAGES if (PACKAGE / name).is_dir()}
    assert read


@pytest.mark.parametrize("profile", ["patient", "usual", "quick"])
def test_a_property_is_tried_on_the_same_examples_wherever_it_is_checked(profile: str) -> None:
    assert settings.get_profile(profile).derandomize
    assert settings.get_profile(profile).database is None


def test_make_thorough_tries_it_on_others() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert not settings.get_profile("searching").derandomize
    assert makefile.count("--hypothesis-profile searching") == 1
    assert (
        "--hypothesis-profile searching"
        in makefile.partition("\nthorough:")[2].partition("\n\n")[0]
    )
