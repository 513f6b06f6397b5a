"""The screen of a pool, drawn from what the REST API answers."""

import copy
import io
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from market_maker.cli.demo_summary import fee_in_words
from market_maker.cli.screen import SPARKS, Moment, ScreenFrame, line, render, spark

NAMES = {"p-1": "Acme Trading Desk", "p-2": "Beta Capital", "p-3": "Gamma Partners"}


def side(price):
    return {
        "quoting": True, "reason": "quoting", "limit": "", "price": price, "size": "0.040",
        "live_orders": 9,
    }  # fmt: skip


def member(name, position, net, fees):
    pnl = {"realised": "0.1", "unrealised": "-0.2", "fees": fees, "funding": "0", "net": net}
    return {
        "participant_id": name,
        "capital_weight_pct": "30",
        "position": position,
        "position_usdt": str(Decimal(position) * 100_000),
        "pnl": pnl,
    }


def order(name, price, where):
    return {"participant_id": name, "side": where, "price": price, "leaves": "0.020"}


STATUS = {
    "symbol": "BTCUSDT-PERP",
    "state": "ACTIVE",
    "reason": "enabled",
    "failure": None,
    "bid": side("99980.1"),
    "ask": side("99991.6"),
    "book": {
        "best_bid": "99985.1",
        "best_bid_size": "0.026",
        "best_ask": "99985.2",
        "best_ask_size": "0.031",
    },
    "estimates": {
        "fair": "99985.15",
        "sigma_bps": 15.77,
        "spread_bps": 1.1,
        "shift_bps": -0.2,
        "clamp": "inside",
    },
    "guards": [
        {"name": "position limit exceeded", "value": "1800", "threshold": "60000"},
        {"name": "loss limit exceeded", "value": "0", "threshold": "2000"},
        {"name": "reject storm", "value": "0", "threshold": "10"},
        {"name": "exchange halt", "value": "0", "threshold": "1"},
        {"name": "market data failure", "value": "0", "threshold": "30"},
    ],
    "net_position": "0.018",
    "net_position_usdt": "1800",
    "pnl": {"net": "0.6"},
    "open_orders": 18,
    "members": [
        member("p-1", "0.009", "0.3", "-0.10"),
        member("p-2", "0.006", "0.2", "0.20"),
        member("p-3", "0.003", "0.1", "-0.05"),
    ],
    "orders": [
        order(name, price, where)
        for name in NAMES
        for price, where in (
            ("99980.1", "BUY"),
            ("99970.1", "BUY"),
            ("99991.6", "SELL"),
            ("100001.6", "SELL"),
        )
    ],
}
FILLS = [{"participant_id": "p-1", "side": "BUY", "size": "0.014", "price": "99980.1"}] * 9


@pytest.fixture
def frame():
    return ScreenFrame(
        status=STATUS,
        names=NAMES,
        fills=FILLS,
        history=[Moment(100_000.0 + n, n / 10) for n in range(40)],
        elapsed_s=40.2,
        left_s=None,
        notice="the last line",
    )


def drawn(frame, rows, columns):
    console = Console(width=columns, height=rows, file=io.StringIO(), force_terminal=False)
    console.print(render(frame, rows), end="")
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (30, 100), (40, 120), (60, 200)])
def test_it_fills_the_window_and_no_more(frame, rows, columns):
    lines = drawn(frame, rows, columns)
    assert len(lines) == rows
    assert max(len(text) for text in lines) <= columns
    assert "the last line" in lines[-1]


def test_the_smallest_window_shows_everything_that_matters(frame):
    text = "\n".join(drawn(frame, 24, 80))
    for word in ("BTCUSDT-PERP", "ACTIVE", "spread", "shift", "σ", "Acme", "Beta", "Gamma", "pool"):
        assert word in text
    for guard in ("pos 3%", "loss 0%", "rej 0%", "halt 0%", "data 0%"):
        assert guard in text
    assert "p-1" not in text


def test_both_sides_of_the_book_mark_our_own_orders_beside_the_markets_best(frame):
    lines = drawn(frame, 24, 80)
    middle = next(i for i, text in enumerate(lines) if text.startswith("│") and "spread" in text)
    asks, bids = lines[middle - 5 : middle], lines[middle + 1 : middle + 6]
    assert any("99,991.6" in text and "◀ 0.060" in text for text in asks)
    assert any("99,980.1" in text and "◀ 0.060" in text for text in bids)
    assert "99,985.2" in asks[-1]
    assert "0.026" in bids[0]


def test_fees_and_rebates_are_named_not_signed(frame):
    text = "\n".join(drawn(frame, 24, 80))
    assert "rebate 0.10" in text
    assert "fee 0.20" in text
    assert "fee 0.05" in text  # the pool: 0.20 - 0.10 - 0.05
    assert fee_in_words(Decimal("-1234.5")) == "rebate 1,234.50"


def test_a_market_without_a_book_can_be_drawn(frame):
    status = copy.deepcopy(STATUS)
    status["book"] = dict.fromkeys(STATUS["book"])
    status["estimates"] |= {"fair": None}
    status["orders"] = []
    status["bid"] = side(None) | {"quoting": False, "reason": "no market data"}
    empty = msgspec.structs.replace(frame, status=status, fills=(), history=())
    lines = drawn(empty, 24, 80)
    assert len(lines) == 24
    assert "no book" in "\n".join(lines)


def test_a_side_that_a_limit_silences_names_it_with_its_value(frame):
    status = copy.deepcopy(STATUS)
    silent = {"quoting": False, "reason": "too many open orders", "limit": "max_open_orders 40"}
    status["ask"] = side(None) | silent
    told = line(msgspec.structs.replace(frame, status=status))
    assert "too many open orders (max_open_orders 40)" in told


def test_the_line_says_state_quotes_and_why(frame):
    told = line(frame)
    assert "ACTIVE" in told
    assert "bid 99980.1 (quoting)" in told
    assert "\n" not in told


@given(st.lists(st.floats(-1e9, 1e9), max_size=60), st.integers(1, 40))
def test_a_spark_line_shows_the_latest_values_between_their_extremes(values, width):
    line_of = spark(values, width)
    assert len(line_of) == min(len(values), width)
    shown = values[-width:]
    if shown and min(shown) < max(shown):
        assert line_of[shown.index(min(shown))] == SPARKS[0]
        assert line_of[shown.index(max(shown))] == SPARKS[-1]
