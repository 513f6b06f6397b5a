"""Two implementations of one set of rules: whatever they are asked, they answer the same."""

from collections import Counter
from decimal import Decimal

import pytest

from market_maker.model.instrument import FeeSchedule, Instrument
from market_maker.sandbox.matching import Matching
from market_maker.sandbox.reports import CancelReason, OrderCanceled, OrderRejected
from tests.examples import examples
from tests.simulation.matching_commands import commands
from tests.simulation.naive_exchange import NaiveExchange

INSTRUMENT = Instrument("TEST", Decimal("0.1"), Decimal("0.001"), Decimal("0.31"))
FEES = FeeSchedule(maker_bps=Decimal("-0.5"), taker_bps=Decimal("4.5"))
MANY = 100_000


def carries(account, held, price, lots):
    """One account can carry a small position alone, the others any."""
    del price
    return account != "bob" or abs(held + lots) <= max(abs(held), 40)


def agree(seed, count):
    """Compares every report and, each thousand commands and at the end, the state; counts what
    was met on the way."""
    fast = Matching(INSTRUMENT, FEES, carries=carries)
    naive, met = NaiveExchange(INSTRUMENT, FEES, carries), Counter()
    for number, command in enumerate(commands(seed, count), start=1):
        outcome = fast.apply(command)
        assert outcome == naive.apply(command), (number, command)
        for report in outcome.reports:
            met[type(report).__name__] += 1
            if isinstance(report, OrderRejected | OrderCanceled):
                met[type(report).__name__, report.reason.name] += 1
        if number % 1_000 == 0:
            assert fast.state_hash() == naive.state_hash(), number
    assert fast.state_hash() == naive.state_hash()
    return met


ALL_OUTCOMES = (
    *("OrderAccepted", "OrderFilled", "CancelRefused"),
    *(("OrderCanceled", reason.name) for reason in CancelReason),
    *(("OrderRejected", name) for name in ("INVALID", "OTHER", "REDUCE_ONLY", "MIN_NOTIONAL")),
    ("OrderRejected", "POST_ONLY"),
)


@pytest.mark.thorough
def test_fast_and_naive_matching_agree_on_4_000_commands():
    met = agree(seed=7, count=4_000)
    assert not [name for name in ALL_OUTCOMES if not met[name]], met


@pytest.mark.slow
def test_fast_and_naive_matching_agree_on_tens_of_thousands_of_commands():
    met = agree(seed=1, count=examples(MANY))
    assert not [name for name in ALL_OUTCOMES if met[name] < examples(100)], met


def test_the_state_hash_changes_exactly_when_the_state_does():
    market = Matching(INSTRUMENT, FEES)
    before = market.state_hash()
    for command in commands(seed=3, count=500):
        outcome = market.apply(command)
        changed = bool(outcome.trades or outcome.bids or outcome.asks)
        after = market.state_hash()
        assert (after != before) is changed, command
        before = after
