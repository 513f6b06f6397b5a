"""A leading market moves fair by what ours has made up before, and at once."""

import random

from market_maker.model.events import LeadMoved
from tests.unit.engine.desk import Desk

LED = {"fair_price": "regression", "lead_symbol": "ETHUSDT-PERP"}
LEVEL = 7_000_000


def followed(*, follows=True, **fields):
    """A desk whose book goes where the leader went a step before, and what the leader says next."""
    chance, desk, level = random.Random(3), Desk(**LED | fields), LEVEL
    moves = [0, 0]
    for _ in range(1_500):
        moves.append(chance.choice((-30, 0, 0, 30)))  # 3 bps of ours, which has 10 ticks for one
        level += moves[-1] * LEVEL // 100_000
        step = moves[-2] if follows else chance.choice((-30, 0, 0, 30))
        bid, ask = desk.top
        desk.book(bid + step, ask + step)
        desk.step(lead(desk, level))
    return desk, level


def lead(desk, mid_x2):
    return LeadMoved(desk.now, desk.now, mid_x2)


def test_fair_follows_the_leader_before_our_book_moves():
    desk, level = followed()
    before = desk.engine.market.fair
    desk.turn(lead(desk, level + LEVEL // 1_000), ms=1)
    assert desk.engine.market.mid_x2 == sum(desk.top)
    assert desk.engine.market.fair - before > 20  # of 100 ticks


def test_a_leader_that_leads_nothing_moves_nothing():
    desk, level = followed(follows=False)
    before = desk.engine.market.fair
    desk.turn(lead(desk, level + LEVEL // 1_000), ms=1)
    assert abs(desk.engine.market.fair - before) < 2


def test_a_pool_without_a_leader_takes_no_notice_of_one():
    desk, level = followed(lead_symbol="")
    before = desk.engine.market.fair
    desk.turn(lead(desk, level * 2), ms=1)
    assert desk.engine.market.fair == before


def test_the_leader_stands_among_the_estimates():
    desk, _ = followed()
    lines = {line.name: line for line in desk.engine.snapshot().estimates}
    assert lines["beta_lead"].value > 0.2
    assert lines["lead_distance"].unit == "bps"
    plain = Desk(fair_price="regression").warm().engine.snapshot().estimates
    assert {line.value for line in plain if line.name in {"beta_lead", "lead_distance"}} == {None}
