"""Machine code comes from wherever the kernels' keeper says."""

from market_maker.replay_venue import kernel_parts
from market_maker.replay_venue.compiled import compile_here, entry


def plus_five(number):
    return number + 5


def test_machine_code_is_taken_from_the_source_that_was_named_last():
    plus_five.__module__ = "somewhere.kernels"
    kernel, before, asked = entry(plus_five), kernel_parts.source(), []

    def source(package):
        asked.append(package)
        return compile_here(package)

    kernel_parts.take_from(source)
    try:
        assert (kernel(1), kernel(2)) == (6, 7)
    finally:
        kernel_parts.take_from(before)
    assert asked == ["somewhere"]
