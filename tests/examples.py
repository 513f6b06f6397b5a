"""How many examples a property is tried on, and how many seeds a simulation is run with."""

from hypothesis import settings

USUAL = 100
"""What hypothesis tries where nothing else is asked for."""


def examples(most: int) -> int:
    """`most`, or its share of them, and at least two, under a profile with fewer than USUAL."""
    return max(2, most * min(settings.default.max_examples, USUAL) // USUAL)
