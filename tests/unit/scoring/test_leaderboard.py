from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.participant import Tier
from market_maker.scoring.leaderboard import TIER_WEIGHTS, leaderboard
from tests.unit.scoring.facts import day, hour

ALL_FIRST = dict.fromkeys(("acme", "beta", "gamma", "delta"), Tier.TIER_1)


def test_the_best_score_comes_first_and_the_tier_weighs():
    days = [day(0, hour(0), whose="acme"), day(0, hour(0), whose="beta")]
    rows = leaderboard(days, {"acme": Tier.TIER_3, "beta": Tier.TIER_2})
    assert [(row.rank, row.participant_id) for row in rows] == [(1, "beta"), (2, "acme")]
    assert rows[0].q_score == rows[1].q_score
    assert [row.tier_weight for row in rows] == [Decimal("0.95"), Decimal("0.90")]
    for row in rows:
        assert abs(row.q_rank - row.q_score * row.tier_weight) <= Decimal("0.01")


def test_symbols_count_by_their_eligible_snapshots():
    days = [
        day(0, hour(0, 300, 300, "3"), symbol="BTC"),
        day(0, hour(0, 100, 0), symbol="ETH"),
    ]
    (row,) = leaderboard(days, ALL_FIRST)
    assert [each.symbol for each in row.symbols] == ["BTC", "ETH"]
    assert row.symbols[0].performance.score.q_score == 100
    assert row.q_score == row.q_rank == 75


def test_trades_break_ties_and_nothing_else_does():
    days = [
        day(0, hour(0), whose="beta", trades=5),
        day(0, hour(0), whose="acme", trades=5),
        day(0, hour(0), whose="gamma", trades=6),
        day(0, hour(0, valid=359), whose="delta", trades=999),
    ]
    rows = leaderboard(days, ALL_FIRST)
    assert [(row.rank, row.participant_id) for row in rows] == [
        (1, "gamma"),
        (2, "acme"),
        (2, "beta"),
        (4, "delta"),
    ]


def test_who_had_no_eligible_snapshot_is_shown_without_a_rank():
    days = [day(0, whose="acme", trades=50), day(0, hour(0, 10, 0), whose="beta")]
    rows = leaderboard(days, ALL_FIRST)
    assert [(row.participant_id, row.rank) for row in rows] == [("beta", 1), ("acme", None)]
    assert rows[1].q_rank is rows[1].q_score is None
    assert (rows[1].trades, rows[0].q_rank) == (50, 0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("acme", "beta", "gamma")),
            st.sampled_from(("BTC", "ETH")),
            st.integers(0, 360),
            st.integers(0, 360),
        ),
        max_size=20,
    ),
    st.randoms(use_true_random=False),
)
def test_a_board_lists_every_participant_once_within_0_and_100_whatever_the_order(lines, random):
    days = [
        day(number, hour(0, eligible, min(valid, eligible)), symbol=symbol, whose=whose)
        for number, (whose, symbol, eligible, valid) in enumerate(lines)
    ]
    rows = leaderboard(days, ALL_FIRST)
    assert sorted(row.participant_id for row in rows) == sorted({line[0] for line in lines})
    scores = [row.q_rank for row in rows if row.q_rank is not None]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= each <= 100 for each in scores)
    random.shuffle(days)
    assert leaderboard(days, ALL_FIRST) == rows


def test_every_tier_has_a_weight_that_keeps_the_range():
    assert list(TIER_WEIGHTS) == list(Tier)
    assert all(0 < weight <= 1 for weight in TIER_WEIGHTS.values())


def test_a_participant_without_a_tier_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        leaderboard([day(0, hour(0))], {})
