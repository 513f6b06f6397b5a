import random
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.allocation import CreditAllocator, largest_remainder

HALF = {"ann": Fraction(1, 2), "bob": Fraction(3, 10), "cid": Fraction(1, 5)}


@st.composite
def weights(draw, members=6):
    """Weights in hundredths of a per cent that sum to at most 1."""
    parts = draw(st.lists(st.integers(1, 4000), min_size=1, max_size=members))
    whole = max(10_000, sum(parts)) if draw(st.booleans()) else sum(parts)
    return {f"m{i}": Fraction(part, whole) for i, part in enumerate(parts)}


LOTS = st.integers(0, 2000)


def test_fifty_thirty_twenty():
    assert largest_remainder(10, HALF) == {"ann": 5, "bob": 3, "cid": 2}
    assert largest_remainder(1, HALF) == {"ann": 1, "bob": 0, "cid": 0}
    assert largest_remainder(3, HALF) == {"ann": 1, "bob": 1, "cid": 1}
    assert largest_remainder(0, HALF) == {"ann": 0, "bob": 0, "cid": 0}


def test_equal_remainders_go_to_the_larger_weight_then_to_the_first_name():
    assert largest_remainder(1, {"b": Fraction(1, 2), "a": Fraction(1, 2)}) == {"a": 1, "b": 0}
    # Remainders 1/2 each: quotas 1.5 and 4.5 of 6.
    assert largest_remainder(6, {"a": Fraction(1, 4), "b": Fraction(3, 4)}) == {"a": 1, "b": 5}


@given(LOTS, weights())
def test_the_split_adds_up_and_stays_within_a_lot_of_every_quota(total, shares):
    split = largest_remainder(total, shares)
    assert sum(split.values()) == floor(sum(total * w for w in shares.values()))
    assert sum(split.values()) <= total
    for name, weight in shares.items():
        assert abs(split[name] - total * weight) < 1
        assert split[name] >= 0


@given(LOTS, weights())
def test_a_larger_weight_never_gets_less(total, shares):
    split = largest_remainder(total, shares)
    ordered = sorted(shares, key=lambda name: (shares[name], split[name]))
    assert [split[name] for name in ordered] == sorted(split.values())


@given(LOTS, weights(), st.randoms())
def test_the_order_of_members_does_not_matter(total, shares, rng):
    names = list(shares)
    rng.shuffle(names)
    assert largest_remainder(total, {n: shares[n] for n in names}) == largest_remainder(
        total, shares
    )


CAPS = st.lists(st.one_of(st.none(), st.integers(-50, 800)), min_size=6, max_size=6)


def named(caps, shares):
    return {n: c for n, c in zip(shares, caps, strict=False) if c is not None}


@given(LOTS, weights(), CAPS, st.integers(0, 30), st.booleans())
def test_no_member_exceeds_a_cap_or_gets_less_than_the_minimum(total, shares, caps, low, again):
    limits = named(caps, shares)
    split = largest_remainder(total, shares, limits, low, redistribute=again)
    assert sum(split.values()) <= total
    for name, lots in split.items():
        assert lots == 0 or lots >= low
        assert 0 <= lots <= max(0, limits.get(name, lots))


@given(LOTS, weights(), CAPS)
def test_without_redistribution_a_cap_of_one_leaves_the_others_alone(total, shares, caps):
    limits = named(caps, shares)
    free = largest_remainder(total, shares)
    capped = largest_remainder(total, shares, limits)
    assert capped == {n: min(lots, max(0, limits.get(n, lots))) for n, lots in free.items()}


@given(LOTS, weights(), CAPS)
def test_redistribution_places_all_that_the_caps_leave_room_for(total, shares, caps):
    limits = named(caps, shares)
    whole = sum(largest_remainder(total, shares).values())
    split = largest_remainder(total, shares, limits, redistribute=True)
    room = sum(max(0, limits.get(n, total)) for n in shares)
    assert sum(split.values()) == min(whole, room)
    plain = largest_remainder(total, shares, limits)
    assert all(split[name] >= plain[name] for name in shares)


@given(weights(members=8), st.lists(st.integers(0, 40), max_size=60))
def test_credit_never_places_more_than_the_order_nor_less_than_nothing(shares, orders):
    allocator = CreditAllocator(shares)
    placed = 0
    entitled = Fraction(0)
    for total in orders:
        split = allocator.split(total)
        assert all(lots >= 0 for lots in split.values())
        assert sum(split.values()) <= total
        placed += sum(split.values())
        entitled += sum(total * w for w in shares.values())
        assert abs(placed - entitled) < 2
        if sum(shares.values()) == 1:
            assert placed == entitled


def test_several_overdrawn_credits_at_once_do_not_make_an_order_larger():
    parts = {"a": 25, "b": 30, "c": 25, "d": 14}
    allocator = CreditAllocator({name: Fraction(part, 100) for name, part in parts.items()})
    for total in (3, 2, 3, 3, 3, 2, 2, 2):
        assert sum(allocator.split(total).values()) <= total


def strayed(shares, rng, steps):
    """The largest distance of any member's total from its entitlement, lots."""
    allocator = CreditAllocator(shares)
    entitled, placed = dict.fromkeys(shares, Fraction(0)), dict.fromkeys(shares, 0)
    worst, size = Fraction(0), rng.choice((1, 2, 5, 40))
    for _ in range(steps):
        total = rng.randint(0, size)
        for name, lots in allocator.split(total).items():
            placed[name] += lots
            entitled[name] += total * shares[name]
            worst = max(worst, abs(placed[name] - entitled[name]))
    return worst


def test_credit_never_strays_from_the_entitlement_by_a_lot():
    rng = random.Random(20)
    assert max(strayed(HALF, rng, 500) for _ in range(10)) < 1


def test_credit_stays_close_for_any_weights():
    """Several overdrawn credits at once can hold back a lot: rare, and bounded."""
    rng, strays = random.Random(21), []
    for _ in range(100):
        parts = [rng.randint(1, 60) for _ in range(rng.randint(1, 6))]
        whole = max(100, sum(parts))
        shares = {f"m{i}": Fraction(part, whole) for i, part in enumerate(parts)}
        strays.append(strayed(shares, rng, 60))
    assert max(strays) < 2
    assert sum(stray >= 1 for stray in strays) <= 2


def test_one_lot_orders_do_not_starve_a_small_member():
    allocator = CreditAllocator(HALF)
    placed = dict.fromkeys(HALF, 0)
    for _ in range(100):
        for name, lots in allocator.split(1).items():
            placed[name] += lots
    assert placed == {"ann": 50, "bob": 30, "cid": 20}


@given(weights(), st.lists(st.tuples(LOTS, CAPS), max_size=30), st.integers(0, 20))
def test_caps_and_minimum_hold_with_credit_too(shares, orders, low):
    allocator = CreditAllocator(shares)
    for total, caps in orders:
        limits = named(caps, shares)
        for name, lots in allocator.split(total, limits, low).items():
            assert lots == 0 or lots >= low
            assert 0 <= lots <= max(0, limits.get(name, lots))


@pytest.mark.parametrize("low", [0, 3])
def test_a_member_held_back_saves_up_no_surprise(low):
    allocator = CreditAllocator({"ann": Fraction(1, 2), "bob": Fraction(1, 2)})
    for _ in range(50):
        assert allocator.split(20, {"bob": 0}, low)["bob"] == 0
    assert allocator.split(20, None, low)["bob"] <= 10 + max(low, 1) + 1
