"""Kernels as machine code that needs nothing of numba."""

import struct

import numpy as np
import pytest
from numba import types

from market_maker.decision_kernel import run_kernels
from market_maker.replay_venue import kernels
from market_maker.replay_venue.compiled import compile_here, compiled, int64_rows
from market_maker.replay_venue.kernel_compiler import CALLS, CompiledParts, Kernel, object_code
from market_maker.replay_venue.machine_code import Processor, functions_of, host, processor

OLD = Processor(processor().system, "generic", ())
"""Runs on every machine of this kind."""


def machine_code_of(function, made_for=None):
    code = object_code({"it": function}, made_for or processor())
    return functions_of(code, ["it"])[0]


@compiled
def plus_two(number):
    return number + 2


def test_a_part_is_made_once_for_all_whole_numbers_constants_too():
    kernel = CompiledParts(Kernel).kernel(plus_two)
    for argument in (types.int64, types.literal(1), types.literal(2)):
        kernel.get_call_template((argument,), {})
    assert kernel.signatures == [(types.int64,)]


@compiled
def is_even(number):
    return True if number == 0 else plus_two(number - 4) < 0 or is_odd(number - 1)


@compiled
def is_odd(number):
    return number == 1


def test_functions_call_others_by_the_names_that_they_have_in_python():
    assert machine_code_of(is_even)(0) is True
    assert machine_code_of(is_even)(2) is True
    assert machine_code_of(is_even)(4) is False


@compiled
def corner(address, rows, columns):
    return int64_rows(address, rows, columns)[rows - 1, columns - 1]


def test_rows_are_reached_through_their_address():
    numbers = np.arange(12, dtype=np.int64)
    assert machine_code_of(corner)(numbers.ctypes.data, 3, 4) == 11
    assert machine_code_of(corner)(numbers.ctypes.data, 2, 4) == 7
    assert corner(numbers.ctypes.data, 3, 4) == 11


@compiled
def fails(number):
    if number > 3:
        raise ValueError
    return number


def test_a_kernel_that_fails_raises():
    kernel = machine_code_of(fails)
    assert kernel(3) == 3
    with pytest.raises(SystemError):
        kernel(4)


@compiled
def allocates(number):
    return np.zeros(number).size


@compiled
def half(number):
    return number / 2


@pytest.mark.parametrize("function", [allocates, half])
def test_what_needs_numba_or_returns_no_integer_is_refused(function):
    with pytest.raises(TypeError, match=r"which are not there without numba|returns float64"):
        object_code({"it": function}, processor())


@compiled
def twice(number):
    return 2 * number


@compiled
def twice_and_one(number):
    return twice(number) + 1


def test_parts_of_a_kernel_are_functions_of_their_own_only_where_a_profiler_is_to_see_them():
    whole = object_code({"it": twice_and_one}, processor())
    apart = object_code({"it": twice_and_one}, processor(), apart=True)
    assert b"twice_and_one" in apart
    assert b"twice_and_one" not in whole
    assert functions_of(apart, ["it"])[0](4) == functions_of(whole, ["it"])[0](4) == 9


@compiled
def summed(address, count):
    numbers = int64_rows(address, count, 1)
    total = 0
    for row in range(count):
        total += numbers[row, 0] * numbers[row, 0]
    return total


def test_machine_code_for_an_older_processor_runs_here_and_does_the_same():
    numbers = np.arange(1_001, dtype=np.int64)
    for made_for in (OLD, processor(), host()):
        assert machine_code_of(summed, made_for)(numbers.ctypes.data, 1_001) == 333_833_500
    if "avx2" in host().features:
        assert object_code({"it": summed}, OLD) != object_code({"it": summed}, host())


def undefined(elf):
    """Names that an object file for Linux leaves to others (ELF: its table of symbols)."""
    (start,) = struct.unpack_from("<Q", elf, 0x28)
    size, count = struct.unpack_from("<HH", elf, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", elf, start + size * n) for n in range(count)]
    table = next(each for each in sections if each[1] == 2)
    names = sections[table[6]][4]
    for place in range(table[4], table[4] + table[5], 24):
        name, kind, _, section = struct.unpack_from("<IBBH", elf, place)
        if section == 0 and name and kind >> 4:
            yield elf[names + name : elf.index(b"\0", names + name)].decode()


@pytest.mark.thorough
@pytest.mark.parametrize("whole", [kernels, run_kernels])
def test_the_products_kernels_call_what_every_process_has(whole):
    code = compile_here(whole.__package__)
    if code[:4] != b"\x7fELF":
        return
    called = set(undefined(code))
    assert "PyLong_FromLongLong" in called
    assert called <= CALLS
