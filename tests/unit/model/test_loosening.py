"""Limits become tighter by an operator's word, and hold less only by risk's."""

import pytest

from market_maker.model.caller import Caller, Role
from market_maker.model.errors import ForbiddenError
from market_maker.model.loosening import (
    check_may_lift,
    check_may_loosen,
    loosened_limits,
    order_value_max,
    raised_limits,
    raised_terms,
)
from tests.builders import member, participant, pool

ANN, BOB = Caller("ann", (Role.OPERATOR,), "t"), Caller("bob", (Role.RISK,), "t")


def test_what_grows_or_is_turned_off_is_named():
    before = pool(max_pool_loss_usdt=1_000, max_drawdown_pct=10)
    assert loosened_limits(before, before) == ()
    after = pool(max_pool_loss_usdt=2_000, max_drawdown_pct=0)
    assert loosened_limits(before, after) == ("max_pool_loss_usdt", "max_drawdown_pct")
    assert loosened_limits(after, before) == ()


def test_an_order_may_be_worth_twice_its_size_where_no_limit_is_set():
    config = pool(order_size_usdt=500)
    assert order_value_max(config) == 1_000
    assert loosened_limits(config, pool(order_size_usdt=600)) == ("max_order_value_usdt",)


def test_no_capital_of_its_own_is_the_position_limit_as_capital():
    own = pool(capital_usdt=1_000, max_pool_position_usdt=50_000)
    none = pool(capital_usdt=0, max_pool_position_usdt=50_000)
    assert loosened_limits(own, none) == ("capital_usdt",)
    assert loosened_limits(none, own) == ()
    assert loosened_limits(none, pool(capital_usdt=50_000, max_pool_position_usdt=50_000)) == ()


def test_a_members_and_a_participants_terms_are_compared_one_by_one():
    assert raised_limits(member(limit=10), member(limit=20)) == ("position_limit_usdt",)
    less, more = participant(initial_margin_usdt=1), participant(initial_margin_usdt=2)
    assert raised_terms(less, more) == ("initial_margin_usdt",)
    assert raised_terms(more, less) == ()


def test_only_risk_loosens_and_lifts():
    check_may_loosen(ANN, ())
    check_may_loosen(BOB, ("gamma",))
    check_may_lift(BOB)
    with pytest.raises(ForbiddenError, match="gamma"):
        check_may_loosen(ANN, ("gamma",))
    with pytest.raises(ForbiddenError):
        check_may_lift(ANN)
