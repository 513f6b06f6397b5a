"""Funding of a replay against an independent computation, to the last digit and with its sign."""

from decimal import Decimal, localcontext
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.recording import FundingPayment
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.replay_venue.segments import equal_segments
from market_maker.research.comparing import Case, Stress, run_case
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.evaluation import evaluate
from market_maker.research.funding import charges_of, exact_text, funding_events
from market_maker.research.inverse import as_linear, written
from market_maker.research.replay import ReplayPlan, replay, with_in_house_member
from market_maker.research.replay_accounting import FillLog
from market_maker.research.report import render
from market_maker.research.shared_terms import SharedTerms
from tests.toy_market import (
    COIN_MARGINED,
    INSTRUMENT,
    START,
    coin_margined,
    toy_config,
    toy_recording,
)

STEP = Nanos(100_000_000)
SECOND = NANOS_PER_SECOND


def payment(second, rate, mark="100.005", late=30_000_000):
    at = START + int(second * SECOND)
    return FundingPayment(Nanos(at), Nanos(at + late), Decimal(rate), Decimal(mark))


PAYMENTS = (
    payment(8, "0.0001", "99.98765"),
    payment(16, "-0.000173", "100.001"),
    payment(24, "0.0001875391284828"),
)


def funded(recording, payments=PAYMENTS):
    return msgspec.structs.replace(recording, funding=payments)


def plan_of(recording, **changes):
    linear, inverse = as_linear(recording)
    config = with_in_house_member(toy_config(symbol=recording.instrument.symbol, **changes))
    return ReplayPlan(
        recording=linear, inverse=inverse, config=config, exchange=ReplaySettings(), step_ns=STEP
    )


DECIMALS = st.decimals(-1, 1, places=16, allow_nan=False)
MARKS = st.decimals("0.00001", 10**7, places=8, allow_nan=False)
FILLS = st.lists(
    st.tuples(st.integers(1, 10**6), st.sampled_from([-1, 1]), st.integers(1, 10**9)), max_size=20
)
CHARGES = st.lists(st.tuples(st.integers(1, 10**6), DECIMALS, MARKS), max_size=8)


def log_of(rows):
    ts, sign, lots = (np.array(column, np.int64) for column in zip(*sorted(rows), strict=True))
    ones = np.ones(len(ts), np.int64)
    return FillLog(ts, sign, ones, lots, ones, ones)


@given(fills=FILLS.filter(bool), charges=CHARGES)
@pytest.mark.parametrize("counted", [INSTRUMENT, COIN_MARGINED])
def test_each_payment_is_charged_on_what_was_held_at_its_time(counted, fills, charges):
    made = [FundingPayment(Nanos(at), Nanos(at), rate, mark) for at, rate, mark in charges]
    found = charges_of(tuple(made), log_of(fills), counted, Nanos(500_000))
    ours = Fraction(0)
    for at, rate, mark in charges:
        if at > 500_000:
            continue
        held = sum(sign * lots for ts, sign, lots in fills if ts <= at) * Fraction(counted.lot_size)
        if counted is COIN_MARGINED:
            ours -= held * 10 / Fraction(mark) * Fraction(rate)
        else:
            ours -= held * Fraction(mark) * Fraction(rate)
    assert found.total == ours


@given(st.decimals(allow_nan=False, allow_infinity=False, places=30), st.integers(-5, 5))
def test_a_number_is_written_with_all_its_digits(number, shift):
    with localcontext() as context:
        context.prec = 400
        number = number.scaleb(shift)
        text = exact_text(Fraction(number))
        assert Decimal(text) == number
        assert "e" not in text.lower()
        assert not ("." in text and text.endswith("0"))


def test_longs_pay_where_the_rate_is_above_zero_and_shorts_receive():
    for sign in (1, -1):
        fills = log_of([(5, sign, 1_000)])
        (paid,) = charges_of(
            (FundingPayment(Nanos(9), Nanos(9), Decimal("0.0001"), Decimal(50)),),
            *(fills, INSTRUMENT, Nanos(10)),
        ).amounts
        assert paid == -sign * Fraction(50, 10_000)


@pytest.fixture(scope="module")
def evaluation():
    return evaluate(replay(plan_of(funded(toy_recording(30)))), 1.0)


def test_the_report_has_funding_as_a_line_of_its_own_and_in_the_net(evaluation):
    fills, pnl = evaluation.log.fills, evaluation.result.pnl
    ours = Fraction(0)
    for paid in PAYMENTS:
        held = int(fills.signed_lots[fills.ts <= paid.ts_event].sum()) * INSTRUMENT.lot_size
        ours -= Fraction(held) * Fraction(paid.mark) * Fraction(paid.rate)
    assert ours != 0
    assert Fraction(pnl.funding) == ours
    parts = (pnl.spread, pnl.inventory, pnl.fees, pnl.funding)
    assert Fraction(evaluation.result.net_pnl) == sum(map(Fraction, parts))
    assert "3 payments of funding" in render(evaluation)


def test_the_engine_books_the_same_to_within_its_own_units(evaluation):
    booked = Fraction(INSTRUMENT.money(evaluation.log.books.funding))
    charged = evaluation.log.funding.total
    assert float(booked) == pytest.approx(float(charged), rel=1e-2)
    assert booked * charged > 0


def test_without_payments_nothing_changes():
    plain, empty = (
        evaluate(replay(plan_of(each)), 1.0).result
        for each in (toy_recording(12), funded(toy_recording(12), ()))
    )
    assert plain == empty
    assert plain.pnl.funding == "0"


def test_an_engine_gets_a_payment_after_the_latency_of_the_feed():
    (event, *_) = funding_events(funded(toy_recording(2)), Nanos(7))
    assert event.ts_recv == PAYMENTS[0].ts_recv + 7
    assert (event.ts_event, event.rate, event.price) == (PAYMENTS[0].ts_event, 10_000, 9_999)


def test_the_kernel_decides_until_the_first_payment_and_the_engine_goes_on_alike():
    plan = plan_of(funded(toy_recording(30)), fair_price="mid")
    python, compiled = replay(plan), replay(plan, engine=EngineChoice.COMPILED)
    assert compiled.ran_by.engine is EngineChoice.COMPILED
    assert "funding is not compiled yet" in compiled.ran_by.why
    assert compiled.state_hash == python.state_hash
    assert evaluate(compiled, 1.0).result.pnl == evaluate(python, 1.0).result.pnl


def test_an_inverse_contract_is_charged_in_coins():
    recording = funded(coin_margined(toy_recording(30)))
    evaluation = evaluate(replay(plan_of(recording)), 1.0)
    fills, result = evaluation.log.fills, evaluation.result
    ours = Fraction(0)
    for paid in PAYMENTS:
        held = int(fills.signed_lots[fills.ts <= paid.ts_event].sum())
        ours -= held * 10 / Fraction(paid.mark) * Fraction(paid.rate)
    assert ours != 0
    assert result.pnl.funding == written(ours)
    parts = (result.pnl.spread, result.pnl.inventory, result.pnl.fees, result.pnl.funding)
    assert float(result.net_pnl) == pytest.approx(float(sum(map(Fraction, parts))), abs=1e-11)


def test_every_payment_is_in_one_segment():
    recording = funded(toy_recording(30))
    segments = list(equal_segments(recording, 4))
    assert [paid for each in segments for paid in each.funding] == list(PAYMENTS)
    assert all(
        each.start <= paid.ts_recv <= each.end + SECOND
        for each in segments
        for paid in each.funding
    )


def test_a_comparison_has_funding_in_its_seconds():
    config = with_in_house_member(toy_config())
    terms = SharedTerms(exchange=ReplaySettings(), step_ns=STEP, seed=1)
    run = run_case(funded(toy_recording(30)), Case("toy", config), Stress.AS_RUN, terms)
    assert float(run.result.pnl.funding) != 0
    assert run.outcome.pnl.sum() == pytest.approx(float(run.result.net_pnl), abs=1e-9)
