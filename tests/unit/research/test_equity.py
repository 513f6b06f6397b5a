"""PnL over time and what was traded, in one currency; of inverse contracts against fractions."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from market_maker.model.units import BPS, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings, mids_at
from market_maker.research.comparing import Case, Stress, run_case
from market_maker.research.comparison_result import per_turnover
from market_maker.research.equity import equity_path, pnl_currency, traded_by_fill
from market_maker.research.evaluation import evaluate, every_second
from market_maker.research.inverse import as_linear
from market_maker.research.replay import ReplayPlan, replay, with_in_house_member
from market_maker.research.report import render
from market_maker.research.shared_terms import SharedTerms
from tests.toy_market import COIN_MARGINED, INSTRUMENT, coin_margined, toy_config, toy_recording

FEES = ReplaySettings(maker_rate=20_000)
RECORDING = coin_margined(toy_recording(seconds=30))
CONFIG = with_in_house_member(toy_config(symbol=COIN_MARGINED.symbol))


def fractions_of(fills):
    """(sign, contracts x value in USD, price) of each fill."""
    columns = (fills.sign.tolist(), fills.lots.tolist(), fills.ticks.tolist())
    for sign, lots, ticks in zip(*columns, strict=True):
        yield sign, Fraction(10 * lots), Fraction(ticks, 100)


def earned(fills, mid):
    """Net PnL in coins at a mid, by the reciprocals of prices alone."""
    net = held = Fraction(0)
    for sign, worth, price in fractions_of(fills):
        net += sign * worth / price - worth / price * FEES.maker_rate / 10**8
        held += sign * worth
    return net - held / mid if held else net


def made(recording, config):
    linear, inverse = as_linear(recording)
    plan = ReplayPlan(
        recording=linear, inverse=inverse, config=config, exchange=FEES, step_ns=Nanos(100_000_000)
    )
    return evaluate(replay(plan), wall_seconds=1.0)


@pytest.fixture(scope="module")
def evaluation():
    return made(RECORDING, CONFIG)


def test_the_path_of_an_inverse_contract_ends_at_the_exact_pnl(evaluation):
    log = evaluation.log
    assert log.fills.count > 10
    seconds = every_second(log.plan)
    path = equity_path(log, seconds, mids_at(log.plan.recording, seconds))
    final = Fraction(Decimal(evaluation.closing.mid))
    assert path.net[-1] == pytest.approx(float(earned(log.fills, final)), rel=1e-9)
    assert path.net[-1] == pytest.approx(float(evaluation.result.net_pnl), rel=1e-9)


def test_the_path_of_an_inverse_contract_is_right_at_every_second(evaluation):
    log = evaluation.log
    seconds = every_second(log.plan)
    mids = mids_at(log.plan.recording, seconds)
    path = equity_path(log, seconds, mids)
    for place in range(0, len(seconds), 5):
        until = np.searchsorted(log.fills.ts, seconds[place], side="right")
        names = log.fills.__struct_fields__
        past = type(log.fills)(*(getattr(log.fills, name)[:until] for name in names))
        ours = earned(past, Fraction(int(mids[place]), 200)) if until else 0
        assert path.net[place] == pytest.approx(float(ours), rel=1e-9, abs=1e-12)


def test_what_an_inverse_contract_traded_is_counted_in_coins(evaluation):
    ours = sum(worth / price for _, worth, price in fractions_of(evaluation.log.fills))
    assert traded_by_fill(evaluation.log).sum() == pytest.approx(float(ours), rel=1e-12)
    assert evaluation.metrics.pnl_per_turnover_bps == pytest.approx(
        BPS * float(evaluation.result.net_pnl) / float(ours)
    )


def test_a_comparison_counts_an_inverse_contract_as_a_replay_does(evaluation):
    terms = SharedTerms(exchange=FEES, step_ns=Nanos(100_000_000), seed=1)
    run = run_case(RECORDING, Case("toy", CONFIG), Stress.AS_RUN, terms)
    result = run.result
    assert Decimal(result.turnover) == 10 * evaluation.log.fills.volume
    assert (result.net_pnl, result.turnover) == (
        evaluation.result.net_pnl,
        evaluation.result.turnover,
    )
    assert result.pnl_currency == "TOY"
    assert run.outcome.pnl.sum() == pytest.approx(float(result.net_pnl), rel=1e-9)
    assert per_turnover(run) == pytest.approx(evaluation.metrics.pnl_per_turnover_bps)


def test_the_page_of_an_inverse_contract_names_coins_contracts_and_dollars(evaluation):
    page = render(evaluation)
    assert "Net PnL</dt>" in page
    assert "<small>TOY</small>" in page
    assert "<small>contracts</small>" in page
    assert f"<small>USD in {evaluation.result.fills} fills</small>" in page


def test_the_position_of_an_inverse_contract_counts_at_its_value_against_the_limit(evaluation):
    log = evaluation.log
    seconds = every_second(log.plan)
    position = np.abs(np.cumsum(log.fills.signed_lots)).max() * 10
    most = position / float(CONFIG.max_pool_position_usdt)
    assert 0 < evaluation.result.mean_abs_position_ratio < most
    assert len(seconds)


def test_pnl_is_in_the_quote_currency_of_a_linear_contract_and_in_coins_of_an_inverse_one():
    assert (pnl_currency(INSTRUMENT), pnl_currency(COIN_MARGINED)) == ("USDT", "TOY")


def test_the_path_of_a_linear_contract_ends_at_its_pnl():
    evaluation = made(toy_recording(seconds=12), with_in_house_member(toy_config()))
    log = evaluation.log
    seconds = every_second(log.plan)
    path = equity_path(log, seconds, mids_at(log.plan.recording, seconds))
    assert path.net[-1] == pytest.approx(float(evaluation.result.net_pnl))
    assert traded_by_fill(log).sum() == pytest.approx(float(evaluation.result.turnover))
