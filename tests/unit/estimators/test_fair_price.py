import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.fair_price import (
    MOVE_TICKS_MAX,
    REFIT_TRANSITIONS,
    TERMS,
    Microprice,
    adjustment,
    weighted_mid,
)

prices = st.integers(1, 10**9)
spreads = st.integers(1, 50)
sizes = st.integers(1, 10**9)


def mid(bid, ask):
    return (bid + ask) * 0.5


@given(prices, spreads, sizes, sizes)
def test_the_weighted_mid_lies_between_the_best_prices(bid, spread, bid_size, ask_size):
    value = weighted_mid(bid, bid_size, bid + spread, ask_size)
    assert bid * (1 - 1e-12) <= value <= (bid + spread) * (1 + 1e-12)


@given(prices, spreads, sizes)
def test_equal_sizes_make_every_fair_price_the_mid(bid, spread, size):
    ask = bid + spread
    assert weighted_mid(bid, size, ask, size) == pytest.approx(mid(bid, ask), rel=1e-12)
    assert Microprice().update(bid, size, ask, size) == mid(bid, ask)


def test_the_weighted_mid_leans_away_from_the_heavier_side():
    assert weighted_mid(100, 9, 101, 1) == pytest.approx(100.9)


MOVE_CHANCE = 0.4
LEAN = 0.6
"""The mid moves up with probability (1 + LEAN x sign x bucket/5)/2 when it moves."""


def book(steps, seed, spread=1):
    """Best prices that move the way their imbalance shows, states drawn afresh each step."""
    rng = random.Random(seed)
    bid = 10_000
    for _ in range(steps):
        lean = 2 * rng.randrange(-5, 5) + 1  # tenths: -0.9, -0.7 ... 0.9
        yield bid, 10 + lean, bid + spread, 10 - lean
        if rng.random() < MOVE_CHANCE:
            bid += 1 if rng.random() < (1 + LEAN * lean / 10) / 2 else -1


def fed(rows):
    estimate = Microprice()
    for row in rows:
        estimate.update(*row)
    return estimate


def test_it_is_the_mid_until_it_has_seen_enough():
    estimate = Microprice()
    assert estimate.value is None
    for row in book(REFIT_TRANSITIONS // 2, seed=1):
        assert estimate.update(*row) == mid(row[0], row[2])
    assert not estimate.ready


@pytest.mark.parametrize("tenths", [1, 3, 5, 7, 9])
@pytest.mark.parametrize("sign", [-1, 1])
def test_it_learns_where_the_mid_goes(learned, tenths, sign):
    # Next states do not depend on this one and are symmetric, so only the next move counts.
    expected = sign * MOVE_CHANCE * LEAN * tenths / 10
    value = learned.update(500, 10 + sign * tenths, 501, 10 - sign * tenths)
    assert value - 500.5 == pytest.approx(expected, abs=0.05)


@pytest.fixture
def learned():
    estimate = fed(book(20 * REFIT_TRANSITIONS, seed=2))
    assert estimate.ready
    return estimate


def test_a_mirrored_market_has_the_mirrored_price():
    rows = list(book(2 * REFIT_TRANSITIONS, seed=3))
    estimate = fed(rows)
    mirrored = fed((-ask, ask_size, -bid, bid_size) for bid, bid_size, ask, ask_size in rows)
    for row in book(50, seed=4):
        bid, bid_size, ask, ask_size = row
        assert estimate.update(*row) == -mirrored.update(-ask, ask_size, -bid, bid_size)


@given(st.integers(1, 6), st.integers(1, 1_000), st.integers(1, 1_000))
def test_it_never_leaves_the_mid_by_more_than_the_moves_it_sums(spread, bid_size, ask_size):
    value = JUMPY.update(5_000, bid_size, 5_000 + spread, ask_size)
    assert abs(value - mid(5_000, 5_000 + spread)) <= TERMS * MOVE_TICKS_MAX


def jumpy_rows():
    """Every heavy bid is followed by a move of 80 ticks up, every heavy ask by 80 down."""
    bid = 10**6
    rng = random.Random(5)
    for _ in range(2 * REFIT_TRANSITIONS):
        lean = rng.choice((-9, -5, 5, 9))
        yield bid, 10 + lean, bid + rng.randint(1, 5), 10 - lean
        bid += 80 if lean > 0 else -80


JUMPY = fed(jumpy_rows())


def test_one_enormous_jump_does_not_outweigh_what_was_learned():
    rows = list(book(REFIT_TRANSITIONS * 3, seed=6))
    half = len(rows) // 2
    jumped = rows[:half] + [(b + 10**6, x, a + 10**6, y) for b, x, a, y in rows[half:]]
    calm, shaken = fed(rows), fed(jumped)
    row = (500, 19, 501, 1)
    assert shaken.update(*row) == pytest.approx(calm.update(*row), abs=0.1)


def test_an_unchanged_book_is_no_transition():
    estimate = fed([(100, 5, 101, 2)] * 10)
    assert estimate.count == 0
    assert estimate.update(100, 2, 101, 5) == 100.5
    assert estimate.count == 1


GOLDEN = ["0x1.f4894187a10a2p+8", "0x1.f49b0ea5df4a8p+8", "0x1.f4bcc3c1fcda1p+8"]


def test_every_machine_gets_the_same_price_to_the_last_bit():
    estimate = fed(book(3 * REFIT_TRANSITIONS, seed=7))
    shown = [estimate.update(500, 10 + lean, 501, 10 - lean).hex() for lean in (1, 5, 9)]
    assert shown == GOLDEN


@pytest.mark.parametrize("size", [1, 2, 7, 20])
def test_the_elimination_agrees_with_numpy(size):
    rng = np.random.default_rng(size)
    table = rng.random((size, 2 * size + 1))
    table /= table.sum(axis=1, keepdims=True) * 1.01
    quiet, moved = table[:, :size], table[:, size : 2 * size]
    drift = rng.normal(size=size)
    inverse = np.linalg.inv(np.eye(size) - quiet)
    first = inverse @ drift
    expected = sum(np.linalg.matrix_power(inverse @ moved, i) @ first for i in range(6))
    got = adjustment(quiet=quiet.tolist(), drift=drift.tolist(), moved=moved.tolist())
    assert got == pytest.approx(expected.tolist(), rel=1e-9)
