from dataclasses import dataclass, replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from market_maker.model.units import RATE_SCALE
from market_maker.risk import guards
from market_maker.risk.guards import (
    GuardReadings,
    Limits,
    breach,
    drawdown_of,
    report,
    share_of,
)

LIMITS = Limits(position_value=1_000, loss_value=500, rejects=3, blind_ns=30)


@dataclass(frozen=True)
class Calm:
    position_value_x2: int = 0
    net: int = 0
    rejects: int = 0
    blind_ns: int = 0
    exchange_halted: bool = False

    def readings(self):
        return GuardReadings(
            self.position_value_x2, self.net, self.rejects, self.blind_ns, self.exchange_halted
        )


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({}, None),
        ({"position_value_x2": 2_000}, None),
        ({"position_value_x2": 2_001}, guards.POSITION),
        ({"net": -500}, None),
        ({"net": -501}, guards.LOSS),
        ({"net": 10**9}, None),
        ({"rejects": 2}, None),
        ({"rejects": 3}, guards.REJECTS),
        ({"blind_ns": 30}, None),
        ({"blind_ns": 31}, guards.MARKET_DATA),
        ({"exchange_halted": True}, guards.EXCHANGE_HALT),
    ],
)
def test_at_a_limit_is_no_breach_and_over_it_is(change, cause):
    assert breach(replace(Calm(), **change).readings(), LIMITS) == cause


def test_every_guard_reports_its_value_threshold_and_headroom():
    readings = Calm(position_value_x2=1_800, net=-100, rejects=1, blind_ns=7).readings()
    shown = {g.name: (g.value, g.threshold, g.headroom) for g in report(readings, LIMITS)}
    assert shown == {
        guards.POSITION: (900, 1_000, 100),
        guards.LOSS: (100, 500, 400),
        guards.REJECTS: (1, 3, 2),
        guards.EXCHANGE_HALT: (0, 1, 1),
        guards.MARKET_DATA: (7, 30, 23),
    }


def test_a_gain_is_no_loss():
    loss = report(Calm(net=300).readings(), LIMITS)[1]
    assert (loss.value, loss.headroom) == (0, 500)


def test_where_nothing_is_left_of_the_capital_all_of_it_is_drawn_down():
    assert drawdown_of(peak_net=-5, net=-9, capital=5) == RATE_SCALE
    assert drawdown_of(peak_net=0, net=0, capital=0) == RATE_SCALE
    assert drawdown_of(peak_net=3, net=1, capital=5) == RATE_SCALE // 4


@given(st.integers(0, 10**18), st.integers(1, 10**18))
@example(10**18, 1)
@example(3_388_046_083_155_473, 4_565_880_963_301_359)
@example(5_709_173_863_171_630, 7_644_232_101_987_514)
def test_a_share_is_exact_where_floats_guess_too_high_or_too_low(part, whole):
    assert share_of(part, whole) == part * RATE_SCALE // whole
