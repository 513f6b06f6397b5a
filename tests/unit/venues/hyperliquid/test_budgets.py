"""Nothing is sent beyond what the venue allows, and what is urgent gets through."""

from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.account_wire import QuotaAnswer
from market_maker.venues.hyperliquid.budgets import (
    BACKOFF_MAX,
    MINUTE,
    TRICKLE,
    URGENT_WEIGHT,
    WEIGHT_PER_MINUTE,
    ActionQuota,
    WeightBudget,
    batch_weight,
)

NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)


def budget(share=1.0):
    return WeightBudget(Random(1), share)


@given(
    st.lists(
        st.tuples(st.integers(0, 5_000), st.sampled_from([1, 2, 20, 60]), st.booleans()),
        max_size=300,
    )
)
def test_no_minute_ever_holds_more_weight_than_the_venue_allows(requests):
    one, now, spent = budget(), NOON, []
    for pause_ms, weight, urgent in requests:
        now = Nanos(now + pause_ms * 1_000_000)
        if not one.take(now, weight, urgent=urgent):
            spent.append((now, weight))
        within = sum(weight for at, weight in spent if now - at < MINUTE)
        assert within <= WEIGHT_PER_MINUTE


def test_the_wait_is_exactly_as_long_as_needed():
    one = budget()
    assert one.take(NOON, WEIGHT_PER_MINUTE - URGENT_WEIGHT) == 0
    later = Nanos(NOON + 10 * NANOS_PER_SECOND)
    wait = one.take(later, 20)
    assert wait == 50 * NANOS_PER_SECOND
    assert one.take(Nanos(later + wait), 20) == 0


def test_cancels_and_proofs_find_weight_when_everything_else_has_used_its_part():
    one = budget()
    while not one.take(NOON, 20):
        pass
    assert one.take(NOON, 1, urgent=True) == 0


def test_after_a_429_only_what_is_urgent_goes_out_and_the_pause_grows_with_each():
    one = budget()
    spans = []
    for _ in range(10):
        one.refused(NOON)
        spans.append(one.take(NOON, 2))
        assert one.take(NOON, 1, urgent=True) == 0
    assert spans[0] <= NANOS_PER_SECOND < spans[5] <= max(spans) <= BACKOFF_MAX
    one.answered()
    one.refused(NOON)
    assert one.take(NOON, 2) <= NANOS_PER_SECOND
    assert one.use(NOON).refused == 11


def test_programs_that_share_an_address_share_its_weight():
    assert budget(0.5).use(NOON).limit == WEIGHT_PER_MINUTE // 2


def test_an_action_weighs_one_more_for_every_forty_orders():
    assert [batch_weight(n) for n in (1, 39, 40, 79, 80)] == [1, 1, 2, 2, 3]


def told(used, cap, surplus=0):
    return QuotaAnswer(Decimal(0), used, cap, surplus)


def test_orders_stop_before_the_quota_does_so_that_they_can_be_cancelled():
    quota = ActionQuota()
    quota.learn(told(9_790, 10_000))
    assert quota.may_place(NOON, 10)
    quota.spend(10)
    assert not quota.may_place(NOON, 1)
    assert quota.left == 200


def test_what_is_traded_and_what_is_bought_add_to_the_quota():
    quota = ActionQuota()
    quota.learn(told(10_000, 10_000, surplus=500))
    assert quota.left == 500
    quota.traded(1_500)
    assert quota.left == 2_000


def test_the_venues_own_count_replaces_ours():
    quota = ActionQuota()
    quota.spend(500)
    quota.learn(told(100, 20_000))
    assert (quota.left, quota.cap) == (19_900, 20_000)


def test_after_a_refusal_for_quota_nothing_is_placed_for_ten_seconds():
    quota = ActionQuota()
    quota.exhausted(NOON)
    assert not quota.may_place(Nanos(NOON + TRICKLE - 1), 1)
    assert quota.may_place(Nanos(NOON + TRICKLE), 1)
