"""A plan: days of a month, players who come and go, and limits that no month reaches."""

from decimal import Decimal

from market_maker.model.calendar import NANOS_PER_DAY, month_named
from market_maker.serving.simulated_plan import (
    PLAYERS,
    QUIET,
    QUIET_LISTINGS,
    STEP,
    MonthPlan,
    member_of,
    participant_of,
    pool_of,
)


def test_a_plan_takes_as_many_steps_as_its_days_have():
    plan = MonthPlan(month=month_named("2026-10"), days=3, symbols=("A",), seed=1)
    assert plan.steps * STEP == 3 * NANOS_PER_DAY


def test_the_players_share_a_pool_and_one_of_them_joins_and_one_leaves():
    assert sum(member_of(player).capital_weight_pct for player in PLAYERS) == 100
    assert [player.joins_pct > 0 for player in PLAYERS].count(True) == 1
    assert [player.leaves_pct < 100 for player in PLAYERS].count(True) == 1


def test_quotes_come_at_every_step_and_no_members_limit_is_the_pools():
    pool = pool_of("BTCUSDT-PERP")
    assert pool.quote_interval_ms * 10**6 == STEP
    assert all(member_of(p).position_limit_usdt < pool.max_pool_position_usdt for p in PLAYERS)


def test_a_participant_is_named_and_has_an_account_of_its_own():
    people = [participant_of(player, STEP) for player in PLAYERS]
    assert len({person.account_id for person in people}) == len(PLAYERS)
    assert {person.max_drawdown_pct for person in people} == {Decimal(50)}


def test_the_market_trades_what_the_sandbox_lists_with_calmer_traders():
    for listed in QUIET_LISTINGS:
        assert {name: getattr(listed.parameters, name) for name in QUIET} == QUIET
