"""The guards that are off at 0, and where a pool begins to reduce only."""

import pytest
from msgspec import structs

from market_maker.model.quotes import Reason
from market_maker.model.units import RATE_SCALE
from market_maker.risk import guards
from market_maker.risk.guards import GuardReadings, Limits, breach, reducing, report

OFF = Limits(position_value=1_000, loss_value=1_000, rejects=3, blind_ns=30)
ON = structs.replace(
    OFF,
    drawdown=1_000,
    fills=4,
    rate_errors=5,
    lag_ns=60,
    reduce_at=RATE_SCALE * 8 // 10,
    cascade=True,
)
CALM = GuardReadings(0, 0, 0, 0, False, exposure_limit=700)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({}, None),
        ({"drawdown": 1_000}, None),
        ({"drawdown": 1_001}, guards.DRAWDOWN),
        ({"exposure_value": 700}, None),
        ({"exposure_value": 701}, guards.EXPOSURE),
        ({"fills": 3}, None),
        ({"fills": 4}, guards.REPEATED),
        ({"rate_errors": 4}, None),
        ({"rate_errors": 5}, guards.RATE_LIMIT),
        ({"lag_ns": 60}, None),
        ({"lag_ns": 61}, guards.CONSUMER_LAG),
        ({"severity": 0.95}, None),
        ({"severity": 0.951}, guards.CASCADE),
    ],
)
def test_amounts_must_pass_their_limit_and_counts_only_reach_it(change, cause):
    assert breach(structs.replace(CALM, **change), ON) == cause


WORST = GuardReadings(0, 0, 0, 0, False, 10**8, 10**9, 0, 10**6, 10**6, 10**12, 1.0)


def test_guards_that_are_off_neither_halt_nor_reduce_nor_report():
    assert breach(WORST, OFF) is None
    assert reducing(WORST, OFF, already=False) is None
    names = [guard.name for guard in report(WORST, OFF)]
    assert names == list(guards.TEXTS)[:5]


@pytest.mark.parametrize(
    ("field", "sign", "reason"),
    [("net", -1, Reason.LOSS_LIMIT), ("drawdown", 1, Reason.DRAWDOWN_LIMIT)],
)
def test_reducing_begins_beyond_its_share_and_ends_well_below_it(field, sign, reason):
    def why(amount, *, already):
        return reducing(structs.replace(CALM, **{field: sign * amount}), ON, already=already)

    assert [why(x, already=False) for x in (721, 800, 801)] == [None, None, reason]
    assert [why(x, already=True) for x in (720, 721, 801)] == [None, reason, reason]


def test_every_guard_that_is_on_reports_what_an_operator_needs():
    seen = structs.replace(
        CALM, drawdown=400, exposure_value=800, fills=1, rate_errors=2, lag_ns=20, severity=0.5
    )
    rows = [(g.name, g.value, g.threshold, g.headroom, g.unit) for g in report(seen, ON)[5:]]
    assert rows == [
        (guards.DRAWDOWN, 400, 1_000, 600, "share of the peak"),
        (guards.EXPOSURE, 800, 700, -100, "ticks x lots"),
        (guards.REPEATED, 1, 4, 3, "fills of one side"),
        (guards.RATE_LIMIT, 2, 5, 3, "rate-limit errors"),
        (guards.CONSUMER_LAG, 20, 60, 40, "ns behind"),
        (guards.CASCADE, 50_000_000, 95_000_000, 45_000_000, "severity"),
    ]


def test_every_guard_says_what_it_would_do():
    actions = {guard.name: guard.action for guard in report(CALM, ON)}
    assert tuple(actions) == tuple(guards.TEXTS)
    for name in (guards.LOSS, guards.DRAWDOWN):
        assert actions[name] == "reduce only from 80% of it, halt beyond"
    for name in (guards.POSITION, guards.EXPOSURE):
        assert actions[name] == "reduce only from 98% of it, halt beyond"
    for name in (guards.REJECTS, guards.EXCHANGE_HALT, guards.REPEATED, guards.RATE_LIMIT):
        assert actions[name] == "halt when reached"
    assert actions[guards.CONSUMER_LAG] == "halt beyond"
    assert actions[guards.CASCADE].endswith("pull quotes from 0.8, halt beyond")
