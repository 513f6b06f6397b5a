from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.model.money import Direction, MoneyFlow, SettlementStatus
from market_maker.model.participant import RevenueModel
from market_maker.settlement.arithmetic import components, due, settle, shares
from tests.unit.settlement.facts import BASIS, SPAN, basis, record, sums, terms

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=11)
CARRIES = st.decimals(min_value=0, max_value=10**9, places=2)
PCTS = st.decimals(min_value=0, max_value=100, places=6)
MODELS = st.sampled_from(list(RevenueModel))


@given(AMOUNTS, CARRIES, PCTS, MODELS)
def test_a_gross_is_platform_and_payout_to_the_last_cent(gross, carry_in, share, model):
    parts = shares(gross, carry_in, terms(platform_share_pct=share, revenue_model=model))
    assert parts.platform + parts.payout == max(Decimal(0), parts.gross)
    assert 0 <= parts.platform <= parts.base <= max(Decimal(0), parts.gross)
    assert parts.payout >= 0
    assert parts.carry_out >= 0
    assert parts.base * parts.carry_out == 0
    assert parts.base - parts.carry_out == parts.gross - carry_in
    assert abs(parts.gross - gross) <= Decimal("0.005")
    for amount in (parts.gross, parts.base, parts.platform, parts.payout, parts.carry_out):
        assert amount.as_tuple().exponent == -2
        assert not (amount.is_zero() and amount.is_signed())


@given(AMOUNTS, CARRIES, PCTS)
def test_the_platform_share_is_the_rounded_share_of_the_base(gross, carry_in, share):
    parts = shares(gross, carry_in, terms(platform_share_pct=share))
    exact = Fraction(parts.base) * Fraction(share) / 100
    assert Fraction(parts.platform) == Fraction(round(exact * 100), 100)


def test_keep_all_keeps_all_and_still_carries_losses():
    kept = terms(revenue_model=RevenueModel.KEEP_ALL, platform_share_pct=Decimal(100))
    parts = shares(Decimal(50), Decimal(80), kept)
    assert (parts.platform, parts.payout, parts.carry_out) == (0, 50, 30)


def test_a_share_of_0_takes_nothing_and_of_100_everything_above_the_losses():
    assert shares(Decimal(70), Decimal(0), terms(platform_share_pct=Decimal(0))).payout == 70
    whole = shares(Decimal(70), Decimal(20), terms(platform_share_pct=Decimal(100)))
    assert (whole.platform, whole.payout) == (50, 20)


@pytest.mark.parametrize("share", ["100.0000001", "101", "-0.01", "NaN", "Infinity", "1E+9"])
def test_a_share_outside_of_0_to_100_is_refused_by_its_field(share):
    with pytest.raises(InvalidFieldError, match="from 0 to 100 per cent") as caught:
        terms(platform_share_pct=Decimal(share))
    assert caught.value.field == "revenue_share_pct"


def test_a_loss_is_made_good_over_many_months_before_anything_is_shared():
    carry, platform = Decimal(0), Decimal(0)
    for gross in ["-100", *["4"] * 24, "0", "10"]:
        parts = shares(Decimal(gross), carry, terms())
        carry, platform = parts.carry_out, platform + parts.platform
    assert (carry, platform) == (0, Decimal("1.20"))


def test_late_entries_are_adjustments_and_nothing_else():
    made_of = components(
        [
            sums(entries=3, trades=2, realised="10", fees="1", funding="-2", volume="500"),
            sums(entries=2, trades=2, realised="4", rebates="0.5", late=True, volume="70"),
            sums(symbol="ETH", entries=1, realised="-1.00000001", rebates="0.25"),
        ]
    )
    assert (made_of.realised, made_of.fees, made_of.rebates) == (
        Decimal("8.99999999"),
        Decimal(1),
        Decimal("0.25"),
    )
    assert (made_of.funding, made_of.adjustments) == (Decimal(-2), Decimal("4.5"))
    assert (made_of.entries, made_of.late_entries, made_of.trades) == (6, 2, 4)
    assert made_of.gross == Decimal("10.74999999")
    assert made_of.volume == 570


def test_a_record_holds_every_step_and_the_same_basis_makes_the_same_record():
    before = record(carry_out_usdt=Decimal("350.25"))
    made = settle(basis(sums(entries=1, trades=1, realised="500"), previous=before))
    assert (made.carry_in_usdt, made.base_usdt) == (Decimal("350.25"), Decimal("149.75"))
    assert (made.platform_amount_usdt, made.net_payout_usdt) == (
        Decimal("29.95"),
        Decimal("470.05"),
    )
    assert (made.settlement_id, made.status) == ("stl-2026-10-1-acme", SettlementStatus.PENDING)
    assert (made.watermark, made.version, made.carry_out_usdt) == (SPAN.upto_entry, 1, 0)
    assert made == settle(basis(sums(entries=1, trades=1, realised="500"), previous=before))


def test_an_empty_month_hands_its_losses_on():
    made = settle(basis(sums(), previous=record(carry_out_usdt=Decimal("12.34"))))
    assert made.carry_in_usdt == made.carry_out_usdt == Decimal("12.34")
    assert (made.amount_usdt, made.direction) == (0, Direction.NONE)
    assert settle(BASIS).carry_in_usdt == 0


@pytest.mark.parametrize(
    ("flow", "platform", "payout", "expected"),
    [
        (MoneyFlow.OWN_ACCOUNTS, "20", "80", (Direction.PARTICIPANT_TO_PLATFORM, "20")),
        (MoneyFlow.SYSTEM_CAPITAL, "20", "80", (Direction.PLATFORM_TO_PARTICIPANT, "80")),
        (MoneyFlow.OWN_ACCOUNTS, "0.00", "80", (Direction.NONE, "0")),
        (MoneyFlow.SYSTEM_CAPITAL, "20", "0.00", (Direction.NONE, "0")),
    ],
)
def test_who_pays_whom_follows_from_where_the_profits_lie(flow, platform, payout, expected):
    direction, amount = due(Decimal(platform), Decimal(payout), flow)
    assert (direction, amount) == (expected[0], Decimal(expected[1]))
