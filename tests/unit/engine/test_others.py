"""Own orders leave the book that makes fair, whatever comes first: the book or the report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.book import Book
from market_maker.engine.engine import Engine
from market_maker.engine.orders import FADING_KEPT_MAX, OwnOrders, Working, slot_of
from market_maker.engine.others import OthersBook
from market_maker.estimators.depth import DepthMonitor
from market_maker.model.actions import Cancel, Place
from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookSnapshot,
    BookTop,
    Canceled,
    Filled,
    Holding,
    Operated,
    Restored,
)
from market_maker.model.lifecycle import Command
from market_maker.model.orders import BUY, SELL, OrderState, Side
from market_maker.model.quotes import Reason
from market_maker.model.units import VALUE_SCALE
from tests.unit.engine.desk import FAIR, INSTRUMENT, MS, START, Desk, pool

OTHERS = ({9_900: 10_000}, {10_100: 10_000})
LONG = Holding(25_000, 250_000_000 * VALUE_SCALE, -250_000_000 * VALUE_SCALE, 0, 0, 0)


class Feed:
    """A venue whose book shows our orders among those of others that stand still."""

    def __init__(self, kind, fair_price, others=OTHERS, **fields):
        leaning = {"half_spread_bps": 30.0, "skew_bps": 40.0}
        config = pool(
            strategy="inventory_aware",
            strategy_params=leaning,
            fair_price=fair_price,
            max_spread_bps=200,
            price_threshold_bps=1,
            check_staleness=False,
            **fields,
        )
        self.engine, self.kind, self.others = Engine(INSTRUMENT, config), kind, others
        self.now, self.seq, self.mine, self.answers = START, 0, {}, []
        self.fairs, self.placed, self.cancelled = set(), 0, 0
        self.shown = None

    def sides(self):
        sides = [dict(side) for side in self.others]
        for side, price, size in self.mine.values():
            sides[side][price] = sides[side].get(price, 0) + size
        return sides

    def book(self):
        self.seq += 1
        sides = self.sides()
        bids, asks = sorted(sides[0].items(), reverse=True), sorted(sides[1].items())
        if self.kind == "top":
            return BookTop(self.now, self.now, *bids[0], *asks[0])
        before, self.shown = self.shown, sides
        if self.kind == "deltas" and before is not None:
            changed = [
                tuple((p, new.get(p, 0)) for p in {*new, *old} if new.get(p) != old.get(p))
                for new, old in zip(sides, before, strict=True)
            ]
            stamps = (self.now, self.now, self.seq, self.seq, self.seq - 1)
            return BookDelta(*stamps, *changed)
        return BookSnapshot(self.now, self.now, self.seq, tuple(bids), tuple(asks))

    def step(self, *events):
        self.now += 100 * MS
        answers, self.answers = self.answers, []
        for action in self.engine.turn(self.now, [self.book(), *answers, *events]):
            if isinstance(action, Place):
                self.placed += 1
                side = SELL if action.side is Side.SELL else BUY
                self.mine[action.order_id] = (side, action.price, action.size)
                self.answers.append(Accepted(self.now, self.now, action.order_id))
            elif isinstance(action, Cancel):
                self.cancelled += 1
                self.mine.pop(action.order_id, None)
                self.answers.append(Canceled(self.now, self.now, action.order_id))
        self.fairs.add(self.engine.market.fair)

    def run(self, steps=300):
        self.step(Restored(self.now, "restart", LONG, (("me", LONG),)))
        self.step(Operated(self.now, Command.ENABLE, "op", "go"))
        for _ in range(steps):
            self.step()
        return self


@pytest.mark.parametrize("kind", ["snapshots", "deltas", "top"])
@pytest.mark.parametrize("fair_price", ["mid", "weighted_mid", "microprice", "kalman"])
def test_a_maker_does_not_chase_its_own_quotes(kind, fair_price):
    feed = Feed(kind, fair_price).run()
    assert max(feed.fairs) - min(feed.fairs) < 1e-6
    assert (feed.placed, feed.cancelled) == (2, 0)


def test_a_side_on_which_only_we_stand_has_no_price():
    feed = Feed("snapshots", "mid").run(60)
    assert feed.mine
    feed.others = ({9_900: 10_000}, {})
    feed.step()
    assert feed.engine.snapshot().ask.reason is Reason.ONE_SIDED
    feed.step()
    assert feed.mine == {}


def test_an_engine_whose_feed_leaves_its_orders_out_takes_the_book_as_it_is():
    config = pool(fair_price="mid", members=())
    engine = Engine(INSTRUMENT, config, own_in_feed=False)
    engine.orders.placed(order(1, BUY, 9_990, 50))
    engine.turn(START, [BookTop(START, START, 9_990, 20, 10_010, 20)])
    assert engine.market.mid_x2 == 20_000


def test_limits_and_collar_are_judged_at_the_mid_of_others():
    engine = Engine(INSTRUMENT, pool(fair_price="mid", members=()))
    engine.orders.placed(order(1, BUY, 10_008, 9))
    bids = ((10_008, 9), (9_990, 20))
    engine.turn(START, [BookSnapshot(START, START, 1, bids, ((10_010, 20),))])
    assert engine.market.reference_x2(START) == 20_000


def test_depth_and_pressure_are_those_of_others():
    feed = Feed("snapshots", "mid", estimators="all").run(60)
    depth = feed.engine.market.estimates.find(DepthMonitor)
    assert (depth.bid, depth.ask) == (10_000, 10_000)


# one price, any order of book and report


def order(number, side, price, size):
    return Working(number, slot_of(0, side, number), "me", price, size)


class Level:
    """One bid of ours at one price, with others there; the book and the reports come when they
    like, each in order and with the venue's stamps."""

    def __init__(self, others, size):
        self.others, self.size, self.price = others, size, 100
        self.book, self.orders = Book(), OwnOrders()
        self.seen = OthersBook(self.book, self.orders)
        self.shown(1, 0)
        self.order = order(1, BUY, self.price, size)
        self.order.behind = self.book.displayed(BUY, self.price) or 0
        self.orders.placed(self.order)

    def shown(self, ts, ours):
        size = self.others + ours
        bids = ((self.price, size), (90, 5)) if size else ((90, 5),)
        self.book.snapshot(BookSnapshot(ts, ts, ts, bids, ((110, 5),)))

    def right(self):
        assert self.seen.refresh()
        expected = (self.price, self.others) if self.others else (90, 5)
        assert (self.seen.bid, self.seen.bid_size) == expected


@given(
    others=st.sampled_from([0, 3, 40]), size=st.integers(1, 20), book_first=st.lists(st.booleans())
)
def test_ours_is_distinguished_from_theirs_whichever_comes_first(others, size, book_first):
    level = Level(others, size)
    level.right()
    books = [(10, size), (20, size), (30, 0), (40, 0)]
    reports = [Accepted(10, 10, 1), None, Canceled(30, 30, 1)]
    for first in [*book_first, *(True for _ in books), *(False for _ in reports)]:
        if first and books:
            if books[0][1] == 0:
                # Only an order that rests is cancelled, and we know of our cancel first.
                if len(reports) == 3:
                    level.orders.accepted(reports.pop(0))
                level.order.state = OrderState.PENDING_CANCEL
            level.shown(*books.pop(0))
        elif not first and reports:
            report = reports.pop(0)
            if isinstance(report, Accepted):
                level.orders.accepted(report)
            elif isinstance(report, Canceled):
                level.orders.canceled(report)
        level.right()


def test_what_a_fill_took_stays_ours_until_a_newer_book():
    level = Level(0, 10)
    level.orders.accepted(Accepted(10, 10, 1))
    level.shown(10, 10)
    level.right()
    level.orders.filled(Filled(20, 20, 1, 7, 100, 10, 0))
    level.right()
    level.shown(20, 0)
    level.right()
    assert level.orders.fading == []
    level.others = 4
    level.shown(21, 0)
    level.right()


def test_prices_of_ours_are_remembered_only_while_a_book_may_show_them():
    level = Level(0, 10)
    level.orders.accepted(Accepted(10, 10, 1))
    assert level.orders.tops[BUY] == level.price
    level.orders.canceled(Canceled(20, 20, 1))
    level.shown(30, 0)
    level.right()
    assert level.orders.tops[BUY] < 0


def requoted(desk, times=400):
    """Prices move to and fro, never as far as our orders, which follow every time."""
    for number in range(times):
        shift = 20 * (-1) ** number
        desk.top = (FAIR + shift - 1, FAIR + shift + 1)
        desk.step()
    return desk


def test_what_a_book_may_still_display_of_orders_behind_the_best_prices_is_bounded():
    desk = requoted(Desk(price_threshold_bps=0).started())
    assert desk.engine.reconciler.cancelled > 300
    assert len(desk.engine.orders.fading) <= FADING_KEPT_MAX + 2


def test_nothing_is_kept_for_a_book_that_never_displays_our_orders():
    desk = Desk(price_threshold_bps=0)
    desk.engine = Engine(INSTRUMENT, desk.engine.config, own_in_feed=False)
    requoted(desk.started())
    assert desk.engine.reconciler.cancelled > 300
    assert desk.engine.orders.fading == []
