"""A forecast of the mid's move: what it learns, how it is judged, and when it is silent."""

import math
import random

import pytest

from market_maker.estimators.forecast import (
    FORECAST_DEVIATIONS,
    READY_MOVES,
    SAMPLE_EVERY,
    TRUST_MAX,
    MoveForecast,
)

NOW = 10**18
SECOND = 10**9


def played(forecast, steps, betas, *, noise=0.0, seed=1, fed=None):
    """A market that moves once every 0.1 s by `betas` times what was seen before, bps, and noise.
    fed: what is seen in place of what moved it. Returns pairs of forecast and move."""
    rng, mid, pairs = random.Random(seed), 1e9, []
    for number in range(steps):
        seen = tuple(rng.uniform(-1, 1) for _ in betas)
        told = seen if fed is None else fed(rng)
        said = forecast.update(NOW + number * SAMPLE_EVERY, round(2 * mid), told)
        move = sum(b * x for b, x in zip(betas, seen, strict=True)) + rng.gauss(0, noise)
        mid *= math.exp(move * 1e-4)
        pairs.append((said, move))
    return pairs


def test_it_learns_what_moves_the_mid():
    forecast = MoveForecast(0.1, 2)
    played(forecast, 4 * READY_MOVES, (3.0, -2.0))
    assert forecast.betas == pytest.approx((3.0, -2.0), rel=0.02)


def test_its_slope_on_moves_it_had_not_seen_is_one():
    forecast = MoveForecast(0.1, 2)
    pairs = [pair for pair in played(forecast, 9_000, (1.0, 0.5), noise=3.0) if pair[0]]
    slope = sum(f * y for f, y in pairs) / sum(f * f for f, _ in pairs)
    assert slope == pytest.approx(1.0, abs=0.2)
    assert forecast.judgement.slope == pytest.approx(1.0, abs=0.2)
    explained = 1.25 / 3 / (1.25 / 3 + 9.0)
    assert forecast.judgement.r_squared == pytest.approx(explained, abs=0.03)


def over_markets(size, noise):
    """Slope of moves on forecasts over six markets, and the share of variance taken away."""
    promised = product = seen = 0.0
    for seed in range(6):
        pairs = played(MoveForecast(0.1, 2), 1_500, (size, size / 2), noise=noise, seed=seed)
        promised += sum(f * f for f, _ in pairs)
        product += sum(f * y for f, y in pairs)
        seen += sum(y * y for _, y in pairs)
    return product / promised, (2 * product - promised) / seen


@pytest.mark.parametrize(("size", "noise"), [(2.0, 3.0), (0.5, 1.5), (0.5, 3.0)])
def test_its_slope_is_one_whether_a_seventh_or_a_hundredth_of_the_move_is_foreseen(size, noise):
    slope, taken = over_markets(size, noise)
    assert slope == pytest.approx(1.0, abs=0.1)
    explained = 1.25 * size**2 / 3 / (1.25 * size**2 / 3 + noise**2)
    assert taken > 0.5 * explained


def test_where_hardly_anything_can_be_foreseen_it_adds_nothing_to_the_error():
    _, taken = over_markets(0.5, 6.0)  # three thousandths of the variance
    assert taken > -0.001


def test_what_foretells_nothing_is_switched_off():
    trusts = []
    for seed in range(8):
        forecast = MoveForecast(0.1, 2)
        pairs = played(
            forecast, 3_000, (1.0, 0.5), noise=3.0, seed=seed, fed=lambda rng: (rng.random(),) * 2
        )
        assert sum(abs(f) for f, _ in pairs) < 0.05 * sum(abs(y) for _, y in pairs)
        trusts.append(forecast.trust)
    assert sorted(trusts)[4] < 0.2


def test_it_says_nothing_until_it_has_learned_enough():
    forecast = MoveForecast(0.1, 1)
    pairs = played(forecast, READY_MOVES, (3.0,))
    assert not forecast.ready
    assert {said for said, _ in pairs} == {0.0}
    assert forecast.judgement is not None


def test_no_forecast_is_further_than_its_share_of_the_usual_move():
    forecast = MoveForecast(0.1, 1)
    played(forecast, 2 * READY_MOVES, (3.0,))
    told = forecast.update(NOW + 10**12, 2 * 10**9, (50.0,))
    assert told == pytest.approx(FORECAST_DEVIATIONS * forecast.deviation_bps * forecast.trust)


def test_forecasts_that_promised_too_little_are_scaled_up_and_never_beyond_twice():
    forecast = MoveForecast(0.1, 1)
    played(forecast, 2 * READY_MOVES, (3.0,))
    for factor, trust in ((1.5, 1.5), (9.0, TRUST_MAX), (0.5, 0.5), (-1.0, 0.0)):
        forecast.product, forecast.judged = factor * forecast.promised, 3_000.0
        forecast.seen = 2 * factor * factor * forecast.promised
        assert forecast.trust == pytest.approx(trust)


def test_one_jump_does_not_outweigh_what_was_learned():
    forecast = MoveForecast(0.1, 1)
    played(forecast, 4 * READY_MOVES, (3.0,))
    before = forecast.betas[0]
    at = NOW + 4 * READY_MOVES * SAMPLE_EVERY
    forecast.update(at, 2 * 10**9, (1.0,))
    forecast.update(at + SECOND, 4 * 10**9, (1.0,))
    forecast.update(at + 2 * SECOND, 4 * 10**9, (0.0,))
    assert forecast.betas[0] == pytest.approx(before, rel=0.1)


def test_a_book_that_was_lost_teaches_nothing_across_the_gap():
    forecast = MoveForecast(1.0, 1)
    forecast.update(NOW, 100, (1.0,))
    forecast.reset()
    forecast.update(NOW + 60 * SECOND, 200, (1.0,))
    assert forecast.count == 0
    forecast.update(NOW + 62 * SECOND, 200, (1.0,))
    assert forecast.count == 1
    assert forecast.deviation_bps == 0.0


def test_a_quiet_book_has_not_moved():
    forecast = MoveForecast(1.0, 1)
    forecast.update(NOW, 100, (1.0,))
    forecast.update(NOW + 5 * SECOND, 300, (1.0,))
    assert forecast.count == 1
    assert forecast.betas == [0.0]


def test_what_waits_is_bounded_by_the_horizon():
    forecast = MoveForecast(1.0, 1)
    for number in range(10_000):
        forecast.update(NOW + number * 10**6, 100 + number % 2, (1.0,))
    assert len(forecast.noted) <= SECOND // SAMPLE_EVERY + 1
