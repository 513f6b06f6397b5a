"""The recommended pool and the references that it is judged by."""

import tomllib
from decimal import Decimal
from pathlib import Path

import msgspec

from market_maker.quoting.registry import strategy
from market_maker.research.recommended import (
    REFERENCES,
    ablations,
    contenders,
    recommended_config,
)


def test_the_recommended_pool_reacts_to_a_forecast_with_dials_that_stand_at_the_model():
    pool = recommended_config("BTCUSDT")
    assert (pool.strategy, pool.strategy_params) == ("calibrated", {})
    assert (pool.react, pool.fair_price) == (True, "regression")
    assert pool.quote_interval_ms == 100
    assert pool.max_pool_position_usdt == 10 * pool.order_size_usdt
    assert [member.position_limit_usdt for member in pool.members] == [10_000]


def test_references_quote_as_published_at_the_same_sizes_and_limits():
    pool = recommended_config("BTCUSDT")
    first, *others = contenders(pool)
    assert (first.label, first.config) == ("recommended", pool)
    assert tuple(each.label for each in others) == REFERENCES
    for each in others:
        published = each.config
        assert (published.strategy, published.react, published.fair_price) == (
            each.label,
            False,
            "mid",
        )
        for field in ("order_size_usdt", "max_pool_position_usdt", "min_spread_bps", "members"):
            assert getattr(published, field) == getattr(pool, field)


def test_the_pool_that_the_page_prints_is_the_recommended_one():
    page = (Path(__file__).parents[3] / "docs" / "comparing-strategies.md").read_text("utf-8")
    printed = tomllib.loads(page.partition("```toml\n")[2].partition("```")[0])
    pool = recommended_config("BTCUSDT")
    assert {name: getattr(pool, name) for name in printed} == {
        name: Decimal(str(value)) if isinstance(value, float) else value
        for name, value in printed.items()
    }


def test_every_ablation_changes_one_term_and_can_be_run():
    pool = recommended_config("BTCUSDT")
    first, *others = ablations(pool)
    assert first.config == pool
    for each in others:
        changed = [
            name
            for name in pool.__struct_fields__
            if getattr(each.config, name) != getattr(pool, name)
        ]
        assert len(changed) == 1, each.label
        strategy(each.config)


def test_a_leading_market_is_a_term_of_its_own_where_there_is_one():
    pool = recommended_config("BTCUSDT")
    led = msgspec.structs.replace(pool, lead_symbol="LEADUSD")
    assert [each.label for each in ablations(pool, led)] == [
        *(each.label for each in ablations(pool)),
        "with a lead",
    ]
    assert ablations(pool, led)[-1].config == led
    assert all(not each.config.lead_symbol for each in contenders(led)[1:])
