"""The demo's pool: a configuration file as the body that creates it, and its members."""

from market_maker.api.pools import POOL_BODY
from market_maker.cli.demo import body_of, members_of
from market_maker.cli.tour import DemoMember
from tests.builders import member, pool


def config(**fields):
    return pool(max_pool_position_usdt=60_000, max_pool_loss_usdt=2_000, **fields)


def test_every_field_that_the_api_takes_is_in_the_body_and_the_pool_starts_disabled():
    body = body_of(config(enabled=True))
    assert set(body) == set(POOL_BODY.fields()) - {"version"}
    assert body["enabled"] is False
    assert body["max_pool_position_usdt"] == "60000"


def test_without_members_the_demos_three_share_the_pools_limits():
    assert members_of(config()) == (
        DemoMember("Acme Trading Desk", "50", "30000", "1000"),
        DemoMember("Beta Capital", "30", "18000", "600"),
        DemoMember("Gamma Partners", "20", "12000", "400"),
    )


def test_members_of_the_file_are_those_of_the_pool():
    solo = member("Solo", 100, 50_000, 1500.5)
    assert members_of(config(members=(solo,))) == (DemoMember("Solo", "100", "50000", "1500.5"),)
