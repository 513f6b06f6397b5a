"""Machine code as Python calls it, without numba."""

import subprocess
import sys

import pytest

from market_maker.replay_venue.compiled import compiled
from market_maker.replay_venue.kernel_compiler import object_code
from market_maker.replay_venue.machine_code import Processor, functions_of, host, processor

LOADED = (
    "import sys\n"
    "from pathlib import Path\n"
    "from market_maker.replay_venue.machine_code import functions_of\n"
    "(less,) = functions_of(Path(sys.argv[1]).read_bytes(), ['less'])\n"
    "print(less(7, 3), 'numba' in sys.modules)\n"
)


@compiled
def less(number, other):
    return number - other


@compiled
def is_less(number, other):
    return number < other


@pytest.fixture(scope="module")
def code():
    return object_code({"less": less, "is_less": is_less}, processor())


@pytest.fixture(scope="module")
def functions(code):
    return functions_of(code, ["less", "is_less"])


def test_integers_go_in_and_one_integer_or_truth_comes_out(functions):
    fast_less, fast_is_less = functions
    assert fast_less(-(2**62), 2**62) == -(2**63)
    assert fast_less(0, 1) == -1
    assert fast_is_less(-1, 0) is True
    assert fast_is_less(0, -1) is False
    assert fast_less(True, 3) == -2
    assert fast_less.__name__ == "less"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ((1,), TypeError),
        ((1, 2, 3), TypeError),
        ((1, "2"), TypeError),
        ((1.5, 2), TypeError),
        ((1, None), TypeError),
        ((2**63, 1), OverflowError),
        ((1, -(2**63) - 1), OverflowError),
    ],
)
def test_what_is_no_integer_of_64_bits_is_refused(functions, given, error):
    with pytest.raises(error):
        functions[0](*given)


def test_machine_code_is_loaded_without_numba(code, tmp_path):
    (tmp_path / "code.o").write_bytes(code)
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, str(tmp_path / "code.o")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "4 False\n"


def test_a_processor_runs_what_was_made_for_fewer_features_of_the_same_system():
    one = Processor("x86_64-linux", "old", ("sse2",))
    other = Processor("x86_64-linux", "new", ("avx", "sse2"))
    assert other.runs(one)
    assert other.runs(other)
    assert not one.runs(other)
    assert not other.runs(Processor("aarch64-linux", "old", ()))
    assert host().runs(processor())


def test_machine_code_for_x86_is_made_for_all_of_the_last_fifteen_years():
    if host().system.startswith("x86_64") and "sse4.2" in host().features:
        assert processor().name == "x86-64-v2"
        assert "avx" not in processor().features
    else:
        assert processor() == host()
