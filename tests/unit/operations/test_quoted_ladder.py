"""What a preview says would be sent is what an engine sends, and of the rest it says why."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from market_maker.operations.preview import PreviewMoment, preview
from tests.unit.engine.desk import INSTRUMENT, Desk, member, places, pool

MID = Decimal(10_000)
SIDES = {"bid": Side.BUY, "ask": Side.SELL}


def quoted(instrument=INSTRUMENT, position="0", **fields):
    moment = PreviewMoment(MID, 50.0, 50.0, Decimal(position))
    return preview(instrument, pool(**fields), moment).quotes


def limited(**limits):
    return replace(INSTRUMENT, limits=InstrumentLimits(**limits))


def of_engine(instrument, **fields):
    """Side, level and member of what an engine sends first, with its lots."""
    desk = Desk(instrument=instrument, max_messages_per_second=1_000, **fields).warm()
    sent = places(desk.step(desk.operate(Command.ENABLE)))
    return {(each.side, each.level, each.member): each.size for each in sent}


def of_preview(quotes):
    return {
        (SIDES[quote.side], quote.level, name): lots
        for quote in quotes
        for name, lots in quote.members.items()
        if lots
    }


@st.composite
def worlds(draw):
    """Members, sizes and limits of which most cut something."""
    weights = draw(st.lists(st.integers(1, 60), min_size=1, max_size=5))
    assume(sum(weights) <= 100)
    members = tuple(
        replace(
            member(f"m{number}", weight, draw(st.sampled_from((50, 300, 2_000, 50_000)))),
            account_id=draw(st.sampled_from(("", "shared"))),
        )
        for number, weight in enumerate(weights)
    )
    limits = {
        "min_lots": draw(st.sampled_from((0, 5, 20))),
        "max_lots": draw(st.sampled_from((0, 25, 60))),
        "max_notional": Decimal(draw(st.sampled_from((0, 250, 450)))),
        "band_up_rate": draw(st.sampled_from((0, 90_000))),
        "band_down_rate": draw(st.sampled_from((0, 60_000))),
        "max_open_orders": draw(st.sampled_from((0, 1, 3, 7))),
    }
    instrument = replace(
        INSTRUMENT,
        limits=InstrumentLimits(**limits),
        min_notional=Decimal(draw(st.sampled_from((0, 40, 120)))),
    )
    fields = {
        "order_size_usdt": draw(st.sampled_from((200, 500, 1_500))),
        "num_levels": draw(st.integers(1, 4)),
        "max_order_value_usdt": draw(st.sampled_from((0, 150, 400))),
        "max_pool_position_usdt": 50_000,
    }
    return instrument, {"members": members, **fields}


@given(worlds())
def test_the_orders_of_a_preview_are_those_that_an_engine_sends(world):
    instrument, fields = world
    try:
        quotes = quoted(instrument, **fields)
    except InvalidFieldError:
        assume(False)
    assert of_preview(quotes) == of_engine(instrument, **fields)
    for quote in quotes:
        assert quote.lots == sum(quote.members.values())
        assert bool(quote.problem) is not all(quote.members.values())


def test_the_value_limit_is_of_each_order_and_not_of_the_whole_level():
    """It refused the level, which the engine sent: each of its orders was small enough."""
    members = (member("ann", 50), member("bob", 50))
    for quote in quoted(members=members, max_order_value_usdt=300):
        assert quote.problem == ""
        assert {lots in {24, 25} for lots in quote.members.values()} == {True}


def test_a_member_whose_share_is_below_the_smallest_size_is_named():
    """Its lots were counted in, and nothing was said."""
    members = (member("ann", 80), member("bob", 20))
    for quote in quoted(limited(min_lots=20), members=members):
        assert quote.members in ({"ann": 40, "bob": 0}, {"ann": 39, "bob": 0})
        assert (quote.lots, quote.problem) == (quote.members["ann"], f"{Reason.MIN_SIZE}: bob")


def test_where_no_member_has_an_order_the_reason_stands_alone():
    members = tuple(member(name, 25) for name in ("ann", "bob", "cid", "dan"))
    for quote in quoted(limited(min_lots=20), members=members):
        assert (quote.lots, quote.problem) == (0, Reason.MIN_SIZE)
    half = quoted(limited(min_lots=12), members=(*members[:3], member("dan", 8), member("eve", 8)))
    assert {quote.problem for quote in half} == {f"{Reason.MIN_SIZE}: dan, eve"}


def test_many_members_without_an_order_are_counted():
    many = tuple(member(f"m{number}", 5) for number in range(4))
    for quote in quoted(limited(min_lots=12), members=(member("ann", 80), *many)):
        assert quote.problem == f"{Reason.MIN_SIZE}: 4 members"


def test_a_members_own_limit_is_held_and_said():
    members = (member("ann", 50), member("bob", 50, 100))
    quotes = quoted(limited(min_lots=20), members=members)
    assert {quote.problem for quote in quotes} == {f"{Reason.MEMBER_LIMIT}: bob"}
    worse = quoted(members=(member("ann", 50), member("bob", 50, 300)), num_levels=3)
    bids = [quote.problem for quote in worse if quote.side == "bid"]
    assert bids == ["", f"{Reason.MEMBER_LIMIT}: bob", f"{Reason.MEMBER_LIMIT}: bob"]


def test_orders_beyond_what_an_account_may_have_open_are_said():
    found = quoted(limited(max_open_orders=3), num_levels=2)
    assert [quote.problem for quote in found] == ["", "", "", Reason.OPEN_ORDERS]


def test_a_position_is_held_in_proportion_to_the_shares():
    members = (member("ann", 60, 6_000), member("bob", 40, 6_000))
    bids = [q for q in quoted(position="0.98", members=members) if q.side == "bid"]
    assert [(bid.members, bid.problem) for bid in bids] == [({"ann": 12, "bob": 20}, "")]


def test_without_members_it_is_the_whole_pool_and_with_none_active_no_order():
    assert [(q.lots, q.members, q.problem) for q in quoted(members=())] == [
        (50, {}, ""),
        (49, {}, ""),
    ]
    idle = replace(member("ann"), active=False)
    assert {(q.lots, q.problem) for q in quoted(members=(idle,))} == {(0, Reason.NO_MEMBERS)}


@pytest.mark.parametrize("position", ["4.9", "-4.9"])
def test_at_the_position_limit_the_side_that_adds_is_said(position):
    adding = "ask" if position.startswith("-") else "bid"
    for quote in quoted(position=position):
        said = Reason.POSITION_LIMIT if quote.side == adding else ""
        assert quote.problem == said
