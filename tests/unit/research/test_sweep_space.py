from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.research.replay import with_in_house_member
from market_maker.research.sweep_space import (
    SIGNIFICANT_DIGITS,
    combination,
    configured,
    dimension,
    dimensions,
    draws,
    grid,
    grid_size,
    shown_value,
)
from tests.toy_market import toy_config


def judge_all(space):
    for point in grid(space):
        configured(CONFIG, space, point)


CONFIG = with_in_house_member(toy_config())


def test_a_range_is_even_or_logarithmic_and_holds_both_ends():
    assert dimension("gamma=0.1:0.4:4").values == tuple(map(Decimal, ("0.1", "0.2", "0.3", "0.4")))
    assert dimension("gamma=0.01:10:4:log").values == tuple(
        map(Decimal, ("0.01", "0.1", "1", "10"))
    )
    assert dimension("num_levels=1:3:3").values == (Decimal(1), Decimal(2), Decimal(3))


def test_words_switches_and_strategies_are_swept_like_numbers():
    space = dimensions(["fair_price=mid,microprice", "use_funding=true,false", "strategy=glft"])
    configs = [configured(CONFIG, space, point) for point in grid(space)]
    assert [(each.fair_price, each.use_funding) for each in configs] == [
        ("mid", True),
        ("mid", False),
        ("microprice", True),
        ("microprice", False),
    ]
    assert {each.strategy for each in configs} == {"glft"}


def test_a_strategys_own_parameter_goes_to_the_strategy():
    space = dimensions(["strategy=symmetric", "strategy_params.half_spread_bps=2,2.5"])
    params = [configured(CONFIG, space, point).strategy_params for point in grid(space)]
    assert [each["half_spread_bps"] for each in params] == [2, 2.5]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gamma", "FIELD=low:high:count"),
        ("=1", "FIELD=low:high:count"),
        ("gamma=", "FIELD=low:high:count"),
        ("gama=1,2", "over: 'gama' is not allowed; allowed: gamma is the nearest"),
        ("half_spread_bps=1,2", "strategy_params.NAME"),
        ("symbol=A,B", "'symbol' is not allowed"),
        ("strategy_params.=1", "strategy_params.NAME"),
        ("gamma=1:2:3:4", "low:high:count"),
        ("gamma=2:1:3", "'gamma=2:1:3' is not allowed; allowed: low below high"),
        ("gamma=1:2:1", "a count from 2 to 10000"),
        ("gamma=1:2:99999999999999", "a count from 2"),
        ("gamma=0:1:3:log", "low above 0"),
        ("gamma=a,b", "gamma: 'a' is not allowed"),
        ("gamma=nan:1:3", "gamma: 'nan' is not allowed"),
        ("gamma=1,1", "each value once"),
        ("num_levels=1.5,2", "num_levels: '1.5' is not allowed; allowed: a whole number"),
        ("use_funding=yes,no", "use_funding: 'yes' is not allowed; allowed: true or false"),
    ],
)
def test_what_cannot_be_swept_is_named_with_what_is_allowed(text, words):
    with pytest.raises(InvalidFieldError) as caught:
        dimension(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([], "over: missing"),
        (["gamma=1,2", "gamma=3,4"], "'gamma=1,2' is not allowed; allowed: each field once"),
    ],
)
def test_an_empty_grid_and_a_field_twice_are_refused(texts, words):
    with pytest.raises(InvalidFieldError) as caught:
        dimensions(texts)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["gamma=-1,2"], "gamma: -1 is not allowed"),
        (["fair_price=mid,best"], "fair_price: 'best' is not allowed"),
        (["strategy=glft,magic"], "strategy: 'magic' is not allowed"),
        (["strategy_params.nonsense=1"], "nonsense"),
    ],
)
def test_values_that_no_pool_takes_are_refused_before_anything_runs(texts, words):
    space = dimensions(texts)
    with pytest.raises(InvalidFieldError) as caught:
        judge_all(space)
    assert words in str(caught.value)


def test_a_range_without_a_count_is_for_drawing_only():
    space = dimensions(["gamma=0.01:1:log"])
    with pytest.raises(InvalidFieldError, match="--method random"):
        grid_size(space)
    points = draws(space, 50, seed=1)
    assert points == draws(space, 50, seed=1) != draws(space, 50, seed=2)
    assert len(set(points)) == 50
    assert all(Decimal("0.01") <= value <= 1 for (value,) in points)
    below = sum(value < Decimal("0.1") for (value,) in points)
    assert 15 <= below <= 35, "half of the decades, half of the draws"


def test_a_draw_from_a_grid_takes_each_combination_once():
    space = dimensions(["gamma=1,2,3", "kappa=1,2"])
    assert draws(space, 100, seed=1) == list(grid(space))
    assert len(set(draws(space, 4, seed=1))) == 4
    huge = dimensions(["gamma=1:100:1000", "kappa=1:100:1000", "tau=1:100:1000"])
    assert grid_size(huge) == 10**9
    assert len(set(draws(huge, 10, seed=1))) == 10


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_the_number_of_a_combination_and_its_values_say_the_same(sizes, data):
    names = ("gamma", "kappa", "tau", "min_spread_bps")
    texts = [
        f"{name}={','.join(map(str, range(1, size + 1)))}"
        for name, size in zip(names, sizes, strict=False)
    ]
    space = dimensions(texts)
    number = data.draw(st.integers(0, grid_size(space) - 1))
    assert list(grid(space))[number] == combination(space, number)


@given(
    st.decimals("0.001", "99", places=3),
    st.decimals("0.001", "99", places=3),
    st.integers(2, 30),
    st.booleans(),
)
def test_every_value_of_a_range_lies_within_it_and_can_be_typed_again(one, other, count, log):
    low, high = sorted((one, other))
    if low == high:
        return
    values = dimension(f"gamma={low}:{high}:{count}{':log' if log else ''}").values
    assert values[0] == low
    assert values[-1] == high
    assert list(values) == sorted(values)
    again = dimension("gamma=" + ",".join(map(shown_value, values))).values
    assert again == values
    for value in values[1:-1]:
        assert len(value.as_tuple().digits) <= SIGNIFICANT_DIGITS
