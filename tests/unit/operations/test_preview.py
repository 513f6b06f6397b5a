import math
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.quotes import Clamp, Reason
from market_maker.operations.preview import PreviewMoment, preview
from market_maker.research.preview_page import render
from tests import builders
from tests.examples import examples

BTC = Instrument("BTCUSDT-PERP", Decimal("0.1"), Decimal("0.001"), Decimal(5))
GLFT = {"intensity_per_hour": 360.0}


MEMBERS = tuple(
    builders.member(name, weight, 10_000)
    for name, weight in (("acme", 50), ("beta", 30), ("cato", 20))
)


def pool(**fields):
    row = {
        "gamma": 0.05,
        "kappa": 2,
        "min_spread_bps": 3,
        "max_spread_bps": 80,
        "order_size_usdt": 2_000,
        "num_levels": 3,
        "members": MEMBERS,
    }
    return builders.pool(**row | fields)


def at(position="0", sigma=53.42, mid="100000.05"):
    return PreviewMoment(Decimal(mid), sigma, 53.42, Decimal(position))


def test_the_documented_row_is_quoted_as_the_specification_says():
    found = preview(BTC, pool(), at("0.1"))
    assert found.q_hat == pytest.approx(0.2)
    assert found.now.spread_bps == pytest.approx(12.65, abs=0.01)
    assert found.now.shift_bps == pytest.approx(0.534, abs=0.001)
    best = {quote.side: quote for quote in found.quotes if quote.level == 0}
    assert best["bid"].distance_bps == pytest.approx(6.858, abs=0.01)
    assert best["ask"].distance_bps == pytest.approx(5.790, abs=0.01)
    assert best["bid"].price == Decimal("99931.4")


def test_levels_stand_apart_and_members_share_every_order():
    quotes = preview(BTC, pool(), at()).quotes
    assert [(quote.side, quote.level) for quote in quotes] == [
        (side, level) for side in ("bid", "ask") for level in range(3)
    ]
    for quote in quotes:
        assert quote.lots in (19, 20)
        assert sum(quote.members.values()) == quote.lots
        assert quote.members["acme"] == pytest.approx(quote.lots / 2, abs=1)
        assert quote.value == quote.price * quote.size
        assert quote.problem == ""
    spacing = quotes[1].distance_bps - quotes[0].distance_bps
    assert spacing == pytest.approx(5.0, abs=0.02)


def test_a_pool_without_members_is_previewed_as_a_whole():
    quotes = preview(BTC, pool(members=()), at()).quotes
    assert {len(quote.members) for quote in quotes} == {0}
    assert min(quote.lots for quote in quotes) > 0


def test_a_member_that_is_not_active_gets_nothing_and_no_other_gets_its_share():
    idle = msgspec.structs.replace(MEMBERS[0], active=False)
    quotes = preview(BTC, pool(members=(idle, *MEMBERS[1:])), at()).quotes
    assert {tuple(quote.members) for quote in quotes} == {("beta", "cato")}
    whole = preview(BTC, pool(), at()).quotes
    for quote, full in zip(quotes, whole, strict=True):
        assert quote.lots == sum(quote.members.values())
        assert quote.lots == pytest.approx(full.lots - full.members["acme"], abs=1)


def test_every_dial_goes_through_its_current_value():
    found = preview(BTC, pool(), at("0.1"))
    assert [dial.name for dial in found.dials] == ["gamma", "kappa", "sigma", "position"]
    for dial in found.dials[:3]:
        now = next(point for point in dial.points if point.value == dial.current)
        assert msgspec.structs.replace(now, value=0.0) == msgspec.structs.replace(
            found.now, value=0.0
        )
    assert [point.value for point in found.dials[3].points] == pytest.approx(
        [-0.5, -0.25, 0.0, 0.25, 0.5], rel=1e-6
    )


def test_dials_move_quotes_as_they_should():
    gamma, kappa, sigma, position = preview(BTC, pool(), at("0.1")).dials

    def spreads(dial):
        return [point.spread_bps for point in dial.points]

    assert spreads(gamma) == sorted(spreads(gamma))
    assert spreads(kappa) == sorted(spreads(kappa), reverse=True)
    assert spreads(sigma) == sorted(spreads(sigma))
    shifts = [point.shift_bps for point in position.points]
    assert shifts == sorted(shifts)
    assert shifts[2] == 0.0


def test_the_clamp_that_binds_is_named():
    found = preview(BTC, pool(max_spread_bps=Decimal(20)), at("0.1"))
    clamps = [point.clamp for point in found.dials[2].points]
    assert clamps[:3] == [Clamp.INSIDE] * 3
    assert clamps[4] is Clamp.CEILING
    floored = preview(BTC, pool(min_spread_bps=Decimal(15)), at())
    assert floored.now.clamp is Clamp.FLOOR
    assert floored.now.spread_bps == 15.0


def test_a_dial_does_not_leave_the_bounds_of_its_field():
    gamma = preview(BTC, pool(gamma=Decimal(60)), at()).dials[0]
    assert max(point.value for point in gamma.points + gamma.curve) <= 100
    assert len(gamma.points) == 3


def test_at_the_limit_the_side_that_adds_has_no_room_and_an_exact_strategy_falls_silent():
    full = preview(BTC, pool(), at("0.49"))
    bids = [quote for quote in full.quotes if quote.side == "bid"]
    assert [(quote.lots, quote.problem) for quote in bids] == [(0, Reason.POSITION_LIMIT)] * 3
    assert all(quote.lots for quote in full.quotes if quote.side == "ask")
    exact = {"strategy": "glft", "strategy_params": GLFT | {"mode": "stationary"}}
    silent = preview(BTC, pool(**exact), at("0.5"))
    assert (silent.now.bid_bps, silent.now.spread_bps) == (None, None)
    assert silent.now.ask_bps > 0
    bids = [quote for quote in silent.quotes if quote.side == "bid"]
    assert [(quote.price, quote.lots, quote.problem) for quote in bids] == [
        (None, 0, "no quote")
    ] * 3


def test_a_position_over_the_limit_and_small_shares_are_warned_of():
    found = preview(BTC, pool(order_size_usdt=Decimal(300)), at("0.7"))
    assert any("would halt" in text for text in found.warnings)
    assert any("cato" in text for text in found.warnings)


def test_what_can_be_placed_is_shown_with_the_arithmetic():
    told = preview(BTC, pool(), at()).feasibility
    for words in ("2000 USDT", "100.00005", "lot 0.001", "minimum 5", "0.01 bps"):
        assert words in told


def test_what_can_never_be_placed_is_refused():
    with pytest.raises(InvalidFieldError, match="order_size_usdt"):
        preview(BTC, pool(order_size_usdt=Decimal(50)), at())


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"mid": Decimal(0)}, "mid"),
        ({"mid": Decimal(-1)}, "mid"),
        ({"mid": Decimal("NaN")}, "mid"),
        ({"sigma": -1.0}, "sigma"),
        ({"sigma": math.nan}, "sigma"),
        ({"sigma": math.inf}, "sigma"),
        ({"sigma_ref": 1e6}, "sigma_ref"),
    ],
)
def test_a_moment_that_cannot_be_is_refused(fields, name):
    moment = {"mid": Decimal(1), "sigma": 1.0, "sigma_ref": 1.0, "position": Decimal(0)}
    with pytest.raises(InvalidFieldError) as caught:
        PreviewMoment(**moment | fields)
    assert caught.value.field == name


@pytest.mark.thorough
@settings(max_examples=examples(30))
@given(st.floats(0.0, 1e5), st.decimals(-10, 10, places=3), st.decimals(1_000, 10**6, places=2))
def test_no_moment_has_a_bid_above_the_mid_or_an_ask_below(sigma, position, mid):
    moment = PreviewMoment(mid, sigma, 53.42, position)
    for quote in preview(BTC, pool(), moment).quotes:
        if quote.price is not None:
            assert (quote.price <= mid) if quote.side == "bid" else (quote.price >= mid)


def test_the_page_shows_every_dial_and_asks_nothing_of_the_network():
    found = preview(BTC, pool(), at("0.1"))
    page = render(found)
    assert page.count("data-chart=") == 8
    for words in ("Preview of BTCUSDT-PERP", "gamma (now 0.05)", "acme", "99931.4", "ceiling 80"):
        assert words in page
    assert "://" not in page
    assert render(found) == page


def test_a_page_shows_a_market_that_stands_still_and_a_silent_side():
    exact = {"strategy": "glft", "strategy_params": GLFT | {"mode": "stationary"}}
    page = render(preview(BTC, pool(**exact), at("0.5", sigma=0.0)))
    assert "NaN" not in page.partition('id="charts">')[2].partition("</script>")[0]
    assert "no quote" in page


def test_names_are_escaped():
    hostile = (builders.member("<script>alert(1)</script>", 100),)
    page = render(preview(BTC, pool(members=hostile), at()))
    assert "<script>alert" not in page
