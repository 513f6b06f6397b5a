from decimal import Decimal

import numpy as np
import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.quoting.view import View
from market_maker.research.clamp_tables import MARKETS, NBH, raw_spread, simulate, spreads
from tests.unit.quoting.settings import distances, pool


def test_the_table_without_chance_is_reproduced_to_its_printed_digits():
    for row in spreads():
        assert row.spread == pytest.approx(
            row.published_spread, abs=0.3 if row.spread > 90 else 0.06
        )
        if row.published_shift is not None:
            assert row.shift == pytest.approx(row.published_shift, rel=0.03, abs=0.06)


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.name)
def test_the_recommended_reading_is_what_the_strategy_quotes(market):
    config = pool(
        "avellaneda_stoikov",
        {},
        gamma=Decimal(repr(market.gamma)),
        kappa=Decimal(repr(market.kappa)),
        tau=Decimal(repr(market.tau)),
    )
    for ratio in (0.3, 1.0, 2.0):
        sigma = ratio * market.sigma_ref
        bid, ask = distances(config, View(0.0, sigma, market.sigma_ref, 0.02))
        spread = raw_spread(NBH, market, np.array([sigma]), np.array([market.price]))
        assert float(spread[0]) == pytest.approx(bid + ask, rel=1e-12)


@pytest.mark.parametrize(
    ("reading", "spread"),
    [
        ("price units", 1427),
        ("fractions", 9877),
        ("bps, q/Qmax", 144),
        ("per 10 bps, not normalised", 24),
        (NBH, 12.65),
    ],
)
def test_each_reading_of_the_first_row_is_the_published_one(reading, spread):
    # Math 8.1, BTC at 100,000.
    market = MARKETS[0]
    found = raw_spread(reading, market, np.array([market.sigma_ref]), np.array([market.price]))
    assert float(found[0]) == pytest.approx(spread, rel=0.01)


BRIEF = 600


@pytest.mark.thorough
def test_the_same_seed_makes_the_same_day():
    one, same, other = (simulate(2, seed, seconds=BRIEF) for seed in (7, 7, 8))
    assert one == same != other


def test_shares_are_shares_and_every_figure_is_there():
    told = []
    shares, days = simulate(2, 1, told.append, seconds=BRIEF)
    assert len(shares) == 5 * 4
    assert len(days) == 4 * 4
    assert told == [2] * 4
    for row in shares:
        assert 0 <= row.inside <= 100
        assert row.inside + row.ceiling <= 100 + 1e-9
    assert [row for row in days if not row.obtained >= 0] == []


@pytest.mark.slow
def test_a_simulated_day_agrees_with_the_published_one():
    shares, days = simulate(20, 1)
    for row in shares:
        assert row.inside == pytest.approx(row.published_inside, abs=4)
        assert row.ceiling == pytest.approx(row.published_ceiling, abs=4)
    for row in days:
        if row.quantity == "mean spread":
            assert row.obtained == pytest.approx(row.published, rel=0.05)
        if row.quantity == "s.d. of position":
            assert row.obtained == pytest.approx(row.published, abs=0.015)


@pytest.mark.parametrize(("paths", "seed"), [(0, 1), (1_001, 1), (1, -1), (1, 2**63)])
def test_what_makes_no_sense_is_refused(paths, seed):
    with pytest.raises(InvalidFieldError):
        simulate(paths, seed)
