"""Inverse contracts: turnover in quote currency, gains in base currency, in fractions."""

from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from market_maker.model.instrument import ContractKind, Instrument
from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.evaluation import evaluate
from market_maker.research.inverse import as_linear, base_currency, money_of, written
from market_maker.research.replay import ReplayPlan, replay, with_in_house_member
from market_maker.research.replay_accounting import FillLog
from tests.toy_market import COIN_MARGINED, coin_margined, toy_config, toy_recording

COIN = Instrument(
    "BTCUSD_PERP",
    Decimal("0.1"),
    Decimal(1),
    quote_currency="USD",
    contract=ContractKind.INVERSE,
    contract_value=Decimal(100),
)


def fills(*rows):
    """(sign, lots, price, mid), prices in quote currency."""
    sign, lots, price, mid = zip(*rows, strict=True)
    columns = (sign, [round(p * 10) for p in price], lots, [0] * len(rows))
    ts = np.arange(len(rows))
    return FillLog(
        ts, *(np.array(each, np.int64) for each in columns), np.array([round(m * 20) for m in mid])
    )


def test_24_contracts_of_100_usd_are_2400_usd_of_turnover_whatever_the_price():
    for price in (10_000.0, 61_668.4):
        done = fills((1, 10, price, price), (-1, 14, price + 1, price))
        assert money_of(COIN, done, round(price * 20), 0).turnover == 2_400


def test_gains_are_the_difference_of_reciprocals_in_base_currency():
    # Bought 3 at 50,000 and sold them at 60,000: 300 USD x (1/50,000 - 1/60,000).
    done = fills((1, 3, 50_000.0, 50_010.0), (-1, 3, 60_000.0, 59_990.0))
    money = money_of(COIN, done, 123_456 * 20, 0)
    assert money.net == Fraction(300, 50_000) - Fraction(300, 60_000) == Fraction(1, 1000)
    assert written(money.net) == "0.001"


def test_what_is_left_is_marked_at_the_final_mid_and_the_parts_add_up():
    done = fills((1, 5, 50_000.0, 50_005.0), (-1, 2, 50_020.0, 50_015.0))
    money = money_of(COIN, done, 50_100 * 20, 20_000)
    bought, sold, left = Fraction(500, 50_000), Fraction(200, 50_020), Fraction(300, 50_100)
    fees = (bought + sold) * 20_000 / 10**8
    assert money.net == bought - sold - left - fees
    assert money.spread > 0 > money.fees


def test_a_linear_recording_is_left_as_it_is():
    recording = toy_recording(seconds=2)
    assert as_linear(recording) == (recording, None)


def test_gains_are_paid_in_the_first_currency_of_the_symbol():
    assert base_currency(COIN) == "BTC"
    assert base_currency(msgspec.structs.replace(COIN, symbol="ETH-USD-SWAP")) == "ETH"


@pytest.fixture(scope="module")
def evaluation():
    linear, inverse = as_linear(coin_margined(toy_recording(seconds=30)))
    config = toy_config(symbol=COIN_MARGINED.symbol)
    plan = ReplayPlan(
        recording=linear,
        config=with_in_house_member(config),
        exchange=ReplaySettings(),
        step_ns=Nanos(100_000_000),
        inverse=inverse,
    )
    return evaluate(replay(plan), wall_seconds=1.0)


def test_a_replay_counts_contracts_quote_turnover_and_base_gains(evaluation):
    result, done = evaluation.result, evaluation.log.fills
    assert result.fills > 0
    assert Decimal(result.volume) == done.volume
    assert Decimal(result.turnover) == 10 * done.volume
    ours = sum(
        sign * lots * Fraction(10) / (Fraction(ticks) / 100)
        for sign, lots, ticks in zip(
            done.sign.tolist(), done.lots.tolist(), done.ticks.tolist(), strict=True
        )
    )
    final = Fraction(Decimal(evaluation.closing.mid))
    left = Fraction(int((done.sign * done.lots).sum()) * 10) / final
    assert result.net_pnl == written(ours - left)
    assert int(evaluation.closing.position) == (done.sign * done.lots).sum()
    assert result.pnl_currency == "TOY"
