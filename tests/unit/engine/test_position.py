from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.position import Position, share_half_even
from market_maker.model.units import RATE_SCALE, VALUE_SCALE

FILLS = st.lists(
    st.tuples(
        st.sampled_from((1, -1)),
        st.integers(1, 10**7),
        st.integers(1, 10**5),
        st.integers(-(10**9), 10**9),
    ),
    max_size=40,
)


class AverageCost:
    """math section 6, word for word, in fractions."""

    def __init__(self):
        self.q, self.a, self.realised = 0, Fraction(0), Fraction(0)

    def fill(self, sign, price, size):
        if self.q * sign >= 0:
            self.a = (abs(self.q) * self.a + size * price) / (abs(self.q) + size)
        else:
            closed = min(size, abs(self.q))
            self.realised += (1 if self.q > 0 else -1) * closed * (price - self.a)
            if size >= abs(self.q):
                self.a = Fraction(price if size > abs(self.q) else 0)
        self.q += sign * size


@given(FILLS, st.integers(0, 2 * 10**7))
def test_position_is_the_sum_of_fills_and_value_is_conserved_to_the_last_unit(fills, mark_x2):
    position = Position()
    for sign, price, size, fee in fills:
        position.fill(sign, price, size, fee)
        marked = position.lots * mark_x2 * VALUE_SCALE // 2
        assert position.cash + marked == position.realised + position.unrealised(mark_x2)
        assert position.cost >= 0
        assert (position.lots == 0) <= (position.cost == 0)
    assert position.lots == sum(sign * size for sign, _, size, _ in fills)
    assert position.fees == sum(fee for *_, fee in fills)
    assert position.cash == -sum(s * p * n * VALUE_SCALE for s, p, n, _ in fills)


@given(FILLS)
def test_realised_is_that_of_average_cost_within_one_unit_a_fill(fills):
    position, exact = Position(), AverageCost()
    for number, (sign, price, size, _) in enumerate(fills, 1):
        position.fill(sign, price, size, 0)
        exact.fill(sign, price, size)
        assert abs(position.realised - exact.realised * VALUE_SCALE) <= number
        if position.lots:
            cost = exact.a * abs(exact.q) * VALUE_SCALE
            assert abs(position.cost - cost) <= number
            assert position.average_price() == pytest.approx(float(exact.a), rel=1e-9)
        else:
            assert position.average_price() is None


@given(FILLS, st.integers(0, 2 * 10**7))
def test_net_is_everything_added_up(fills, mark_x2):
    position = Position()
    for sign, price, size, fee in fills:
        position.fill(sign, price, size, fee)
        position.fund(10_000, price)
    columns = position.realised + position.unrealised(mark_x2) - position.fees + position.funding
    assert position.net(mark_x2) == columns


def test_a_round_trip_earns_the_difference():
    position = Position()
    position.fill(1, 100, 10, 0)
    position.fill(-1, 103, 4, 0)
    assert (position.lots, position.realised) == (6, 12 * VALUE_SCALE)
    assert position.unrealised(2 * 101) == 6 * VALUE_SCALE
    assert position.unrealised(201) == 3 * VALUE_SCALE  # half a tick above


def test_a_fill_through_zero_opens_the_rest_at_its_own_price():
    position = Position()
    position.fill(-1, 100, 10, 0)
    position.fill(1, 90, 15, 0)
    assert (position.lots, position.average_price()) == (5, 90.0)
    assert position.realised == 100 * VALUE_SCALE


def test_what_a_partial_close_releases_is_rounded_half_to_even():
    position = Position()
    position.fill(1, 1, 1, 0)
    position.fill(1, 2, 2, 0)
    position.fill(-1, 0, 1, 0)
    assert position.realised == -166_666_667  # of 5 for three lots
    assert position.cost == 333_333_333


def test_a_fee_is_a_cost_and_a_rebate_a_gain():
    position = Position()
    position.fill(1, 100, 1, 7)
    assert position.net(200) == -7
    position.fill(1, 100, 1, -20)
    assert position.net(200) == 13


@pytest.mark.parametrize(
    ("lots", "rate", "sign"), [(5, 1, -1), (5, -1, 1), (-5, 1, 1), (-5, -1, -1)]
)
def test_longs_pay_funding_when_the_rate_is_above_zero(lots, rate, sign):
    position = Position()
    position.fill(1 if lots > 0 else -1, 1000, abs(lots), 0)
    position.fund(rate * RATE_SCALE // 10_000, 1000)
    assert position.funding == sign * 5 * 1000 * VALUE_SCALE // 10_000
    assert position.realised == 0


@given(st.integers(0, 10**15), st.integers(1, 10**6), st.data())
def test_halves_round_to_even(cost, held, data):
    closed = data.draw(st.integers(0, held))
    assert share_half_even(cost, closed, held) == round(Fraction(cost * closed, held))
