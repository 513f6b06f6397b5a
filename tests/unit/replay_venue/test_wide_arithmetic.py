"""A wide integer in a kernel is what Python's int is, up to 127 bits."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.position import (
    Position,
    book_fill,
    net_of,
    open_profit,
    share_half_even,
)
from market_maker.model.units import RATE_SCALE
from market_maker.replay_venue.compiled import arrays_at, entry, layout, shared
from market_maker.replay_venue.wide_integers import Wide, put_wide, wide, wide_of
from market_maker.risk.guards import beyond_share, drawdown_of, share_of

BITS = 127
"""Without the sign."""

RULES = (share_half_even, book_fill, open_profit, net_of, share_of, drawdown_of, beyond_share)
"""And what they call."""

for rule in RULES:
    shared(rule, __name__)


class Numbers:
    """Two operands and what becomes of them."""

    one: Wide
    other: Wide
    small: int
    result: Wide
    truth: int


class Held:
    """As engine.position.Position."""

    lots: int
    cost: Wide
    cash: Wide
    realised: Wide
    fees: Wide
    funding: Wide
    net: Wide


NUMBERS, HELD = layout(Numbers), layout(Held)
numbers_at, held_at = arrays_at(NUMBERS), arrays_at(HELD)


@entry
def calculate(address, asked):  # noqa: C901  # one of many operations
    own = numbers_at(address, 1)[0]
    if asked == 0:
        own.result = own.one + own.other
    elif asked == 1:
        own.result = own.one - own.other
    elif asked == 2:
        own.result = own.one * own.other
    elif asked == 3:
        own.result = own.one // own.other
    elif asked == 4:
        own.result = own.one % own.other
    elif asked == 5:
        own.result = max(own.one, own.other)
    elif asked == 6:
        own.result = -own.one
    elif asked == 7:
        own.result = abs(own.one)
    own.truth = (
        (own.one < own.other)
        + 2 * (own.one <= own.other)
        + 4 * (own.one > own.other)
        + 8 * (own.one >= own.other)
        + 16 * (own.one == own.other)
        + 32 * (own.one != own.other)
    )
    return 0


BINARY = (
    *(operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod, max),
    *(lambda one, _: -one, lambda one, _: abs(one)),
)
"""By the number that `calculate` is asked for."""


def compared(one, other):
    return sum(
        2**place * compare(one, other)
        for place, compare in enumerate(
            (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
        )
    )


def record_of(**fields):
    record = np.zeros(1, NUMBERS)
    for name, value in fields.items():
        if name == "small":
            record[name] = value
        else:
            put_wide(record[0], name, value)
    return record


def integers(bits):
    """Of every length up to `bits`, around the borders of words too."""
    borders = [2**bit + off for bit in (31, 32, 63, 64) for off in (-1, 0, 1)]
    both = [*borders, *(-border for border in borders)]
    near = st.sampled_from([number for number in both if abs(number) < 2**bits])
    lengths = st.integers(0, bits).flatmap(lambda bit: st.integers(-(2**bit) + 1, 2**bit - 1))
    return st.one_of(lengths, near)


WIDES = integers(BITS)


def fits(number):
    return abs(number) < 2**BITS


@pytest.mark.parametrize("asked", range(len(BINARY)))
@given(WIDES, WIDES)
def test_every_operation_is_that_of_whole_numbers(asked, one, other):
    operation = BINARY[asked]
    if asked in (3, 4) and other == 0:
        other = 1
    expected = operation(one, other)
    record = record_of(one=one, other=other)
    calculate(record.ctypes.data, asked)
    assert wide_of(record[0], "result") == expected or not fits(expected)
    assert record[0]["truth"] == compared(one, other)


@given(integers(63), integers(63))
def test_a_product_of_two_words_is_whole(one, other):
    record = record_of(one=one, other=other)
    calculate(record.ctypes.data, 2)
    assert wide_of(record[0], "result") == one * other


@entry
def mix(address):
    own = numbers_at(address, 1)[0]
    product = wide(own.small) * own.small
    product -= own.one
    own.result = product if own.small > 0 else 0
    own.result += own.small
    own.result = max(0, own.result)
    own.truth = (own.small < own.one) + 2 * (own.one > own.small)
    return 0


@given(integers(62), integers(120))
def test_an_int64_beside_a_wide_integer_is_wide(small, one):
    record = record_of(one=one, small=small)
    mix(record.ctypes.data)
    expected = max(0, (small * small - one if small > 0 else 0) + small)
    assert wide_of(record[0], "result") == expected
    assert record[0]["truth"] == 3 * (small < one)


def test_the_least_int64_has_an_opposite():
    record = record_of(one=-(2**63), other=-1)
    calculate(record.ctypes.data, 3)
    assert wide_of(record[0], "result") == 2**63


# the rules of money


@entry
def share_money(address, held, closed):
    own = numbers_at(address, 1)[0]
    own.result = share_half_even(own.one, closed, held)
    return 0


@given(integers(96).map(abs), st.integers(1, 2**53), st.floats(0, 1))
def test_a_share_of_a_cost_is_rounded_half_to_even(cost, held, part):
    closed = min(int(held * part), held)
    record = record_of(one=cost)
    share_money(record.ctypes.data, held, closed)
    expected = share_half_even(cost, closed, held)
    assert wide_of(record[0], "result") == expected
    assert abs(2 * (expected * held - cost * closed)) <= held


@entry
def judge(address):
    own = numbers_at(address, 1)[0]
    own.result = drawdown_of(own.one, own.other, own.result)
    own.truth = beyond_share(-own.other, own.one, own.small)
    return 0


@given(integers(97), integers(97), integers(96).map(abs), st.integers(0, RATE_SCALE))
def test_drawdown_and_shares_of_limits_are_exact(peak, net, capital, share):
    record = record_of(one=peak, other=net, result=capital, small=share)
    judge(record.ctypes.data)
    assert wide_of(record[0], "result") == drawdown_of(peak, net, capital)
    assert record[0]["truth"] == beyond_share(-net, peak, share)


FILL = st.tuples(st.sampled_from([1, -1]), st.integers(1, 2**40), st.integers(1, 2**40))


@entry
def fill(address, sign, price, size):
    own = held_at(address, 1)[0]
    price = wide(price)
    book_fill(own, sign, price, size, price * size * 20_000)
    own.net = net_of(own, price + 1)
    return 0


@given(st.lists(FILL, min_size=1, max_size=20))
def test_fills_beyond_64_bits_are_booked_as_by_the_engine(fills):
    record, position = np.zeros(1, HELD), Position()
    for sign, price, size in fills:
        fill(record.ctypes.data, sign, price, size)
        position.fill(sign, price, size, price * size * 20_000)
        assert record[0]["lots"] == position.lots
        for name in ("cost", "cash", "realised", "fees"):
            assert wide_of(record[0], name) == getattr(position, name), name
        assert wide_of(record[0], "net") == position.net(price + 1)
