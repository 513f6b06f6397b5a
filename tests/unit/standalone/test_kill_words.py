"""What tripped the kill switch is said with its numbers, in the document's words."""

import pytest

from market_maker.model.units import RATE_SCALE, VALUE_SCALE
from market_maker.risk import guards
from market_maker.risk.guards import Guard
from market_maker.standalone.ending import KILL_TEXTS
from market_maker.standalone.kill_words import GuardWords
from tests.support.quoting_pool import GRID

WORDS = GuardWords(GRID, stale_s=5.0, data_age_s=5.24)
DOLLAR = int(1 / (GRID.tick_size * GRID.lot_size))
"""One of the quote currency, ticks x lots."""


def guard(name, value, threshold, unit):
    return Guard(name, value, threshold, unit, "")


LOSS = guard(guards.LOSS, 512 * DOLLAR * VALUE_SCALE, 500 * DOLLAR * VALUE_SCALE, guards.MONEY)
CASES = (
    (LOSS, "Max daily loss exceeded: $512.00 > $500.00"),
    (
        guard(guards.DRAWDOWN, RATE_SCALE * 6 // 100, RATE_SCALE * 5 // 100, guards.SHARE),
        "Max drawdown exceeded: 6.00% > 5.00%",
    ),
    (
        guard(guards.POSITION, 10_500 * DOLLAR, 10_000 * DOLLAR, guards.VALUED),
        "Max position value exceeded: $10500.00 > $10000.00",
    ),
    (
        guard(guards.MARKET_DATA, 4 * 10**9, 35 * 10**8, guards.BLIND),
        "Stale data: no update for 5.2s > 5s threshold",
    ),
    (guard(guards.RATE_LIMIT, 10, 10, "rate-limit errors"), "Rate limit errors: 10 of 10 allowed"),
    (
        guard(guards.CASCADE, RATE_SCALE * 97 // 100, RATE_SCALE * 95 // 100, guards.SEVERITY),
        "Liquidation cascade detected: severity 0.97 > 0.95",
    ),
    (
        guard(guards.REJECTS, 10, 10, "rejections in a row"),
        "Orders rejected in a row: 10 of 10 allowed",
    ),
    (guard(guards.EXCHANGE_HALT, 1, 1, "halted"), "Exchange halted the market"),
)


@pytest.mark.parametrize(("tripped", "said"), CASES, ids=lambda one: getattr(one, "name", ""))
def test_each_cause_is_said_with_what_it_reached_and_its_limit(tripped, said):
    assert WORDS.tripped(tripped) == said


def test_every_cause_with_an_exit_code_of_its_own_has_words():
    assert {case.name for case, _ in CASES} == set(KILL_TEXTS)


def test_what_only_nears_its_limit_is_not_said_to_have_passed_it():
    near = guard(guards.LOSS, 410 * DOLLAR * VALUE_SCALE, 500 * DOLLAR * VALUE_SCALE, guards.MONEY)
    assert WORDS.nears(near) == "Max daily loss: $410.00, and the limit is $500.00"
    assert "late: 2.500s" in WORDS.nears(guard("late", 2_500_000_000, 3 * 10**9, guards.LATE))
