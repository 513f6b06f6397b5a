from decimal import Decimal

import pytest
from msgspec import structs

from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import check_fields
from market_maker.model.money import Obligations
from market_maker.scoring.obligations import Duty, obligations_met
from tests.unit.scoring.facts import day, hour

PROMISED = Obligations(
    participant_id="acme",
    uptime_min_pct=Decimal(95),
    spread_max_bps=Decimal(10),
    depth_min_usdt=Decimal(500),
    version=1,
    updated_at=0,
)


def test_each_promise_is_measured_over_the_period_and_by_day():
    days = [
        day(0, hour(0, 100, 100, "8", "600")),
        day(1, hour(0, 100, 80, "14", "400")),
        day(2, hour(0, 100, 100, "9", "500")),
        day(3),
    ]
    (only,) = obligations_met(PROMISED, days)
    uptime, spread, depth = only.duties
    assert (uptime.duty, uptime.achieved, uptime.met) == (
        Duty.UPTIME,
        Decimal("93.33333333"),
        False,
    )
    assert (uptime.days, uptime.days_met) == (3, 2)
    assert (spread.achieved, spread.met, spread.days_met) == (Decimal("10.07142857"), False, 2)
    assert (depth.achieved, depth.met, depth.days_met) == (Decimal("507.14285714"), True, 2)


def test_symbols_are_judged_apart():
    days = [
        day(0, hour(0), symbol="ETH"),
        day(0, hour(0, 100, 10), symbol="BTC"),
    ]
    met = [(each.symbol, each.duties[0].met) for each in obligations_met(PROMISED, days)]
    assert met == [("BTC", False), ("ETH", True)]


def test_a_promise_met_exactly_is_met():
    (only,) = obligations_met(PROMISED, [day(0, hour(0, 100, 95, "10", "500"))])
    assert [duty.met for duty in only.duties] == [True, True, True]


def test_what_was_not_promised_is_not_judged_and_what_was_not_measured_is_not_known():
    little = structs.replace(PROMISED, uptime_min_pct=None, depth_min_usdt=None)
    (only,) = obligations_met(little, [day(0, hour(0, 100, 0))])
    assert [duty.duty for duty in only.duties] == [Duty.SPREAD]
    assert only.duties[0].achieved is only.duties[0].met is None
    assert (only.duties[0].days, only.duties[0].days_met) == (0, 0)
    (absent,) = obligations_met(PROMISED, [day(0)])
    assert [duty.met for duty in absent.duties] == [None, None, None]
    assert obligations_met(PROMISED, []) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uptime_min_pct", "100.01"),
        ("uptime_min_pct", "-1"),
        ("spread_max_bps", "NaN"),
        ("depth_min_usdt", "Infinity"),
    ],
)
def test_an_impossible_promise_is_refused_by_its_field(field, value):
    with pytest.raises(InvalidFieldError) as caught:
        check_fields(structs.replace(PROMISED, **{field: Decimal(value)}))
    assert caught.value.field == field


def test_promising_nothing_is_allowed():
    check_fields(PROMISED)
    nothing = dict.fromkeys(("uptime_min_pct", "spread_max_bps", "depth_min_usdt"))
    check_fields(structs.replace(PROMISED, **nothing))
