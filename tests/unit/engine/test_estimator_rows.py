"""A new estimator is a row: whatever feeds, shows and publishes estimates takes it from there."""

import msgspec

from market_maker.engine.book import Book
from market_maker.engine.estimates import Estimates
from market_maker.engine.estimator_rows import (
    EstimateLine,
    EstimateMetric,
    EstimatorRow,
    GammaFactors,
    SampleInput,
)
from market_maker.model.events import BookTop, FundingPaid, Trade
from market_maker.model.orders import Side
from tests.unit.engine.desk import pool

SECOND = 10**9


class Heard:
    """An estimator that counts what it is fed."""

    unit = "events"
    ready = True

    def __init__(self, size):
        self.size = size
        self.said = []

    @property
    def value(self):
        return float(len(self.said)) or None

    @property
    def count(self):
        return len(self.said)


def contribute(own, _at, seen):
    seen.impact = own.value


HEARD = EstimatorRow[Heard](
    name="heard",
    make=lambda config: Heard(config.vol_lookback_seconds),
    needed=lambda config: config.use_impact,
    law=lambda config: config.tau,
    resize=lambda own, config: setattr(own, "size", config.vol_lookback_seconds),
    on_trade=lambda own, trade: own.said.append(("trade", trade.side, trade.is_first)),
    on_top=lambda own, top: own.said.append(("top", top.top)),
    on_fill=lambda own, fill: own.said.append(("fill", fill.sign)),
    on_funding=lambda own, _, rate: own.said.append(("funding", rate)),
    on_sample=lambda own, at: own.said.append(("sample", at.now)),
    contribute=contribute,
    lacks=lambda own, _: ("events", own.count, 3),
    lines=(EstimateLine("heard", "events", lambda own, _: own.value, "all", "at once"),),
)


def estimates(**fields):
    made = Estimates((HEARD,))
    made.configure(pool(**fields), None)
    return made


def book():
    made = Book()
    made.top(BookTop(SECOND, SECOND, 99, 5, 101, 7))
    return made


def feed(made):
    for _ in range(2):
        made.on_trade(Trade(SECOND, SECOND, 100, 1, Side.SELL), 200)
    made.on_book(book(), 10.0)
    made.on_fill(SECOND, 1, 100, 200)
    made.on_funding(FundingPaid(SECOND, SECOND, 7, 100))
    made.sample(SECOND, book(), ((0, 0.0), (SECOND, 100.0)), None)


def test_a_row_is_fed_whatever_it_asks_for():
    made = estimates(use_impact=True)
    feed(made)
    assert made.find(Heard).said == [
        ("trade", 1, True),
        ("trade", 1, False),
        ("top", (99, 5, 101, 7)),
        ("fill", 1),
        ("funding", 7),
        ("sample", SECOND),
    ]
    assert made.seen.impact == 6.0


def test_what_readers_alone_want_is_fed_and_moves_no_quote():
    made = estimates(estimators="all")
    feed(made)
    assert made.find(Heard).count == 6
    assert made.seen.impact == 0.0


def test_what_nothing_needs_is_neither_made_nor_fed():
    made = estimates(use_funding=True)
    feed(made)
    assert made.find(Heard) is None


def test_it_goes_on_through_a_change_of_window_and_begins_anew_with_another_law():
    made, before = estimates(use_impact=True), pool(use_impact=True)
    feed(made)
    wider = msgspec.structs.replace(before, vol_lookback_seconds=before.vol_lookback_seconds + 1)
    made.configure(wider, before)
    assert (made.find(Heard).count, made.find(Heard).size) == (6, wider.vol_lookback_seconds)
    made.configure(msgspec.structs.replace(wider, tau=wider.tau * 2), wider)
    assert made.find(Heard).count == 0


def test_quotes_wait_for_what_a_needed_row_lacks():
    cautious = {"use_impact": True, "use_cascade": True, "warmup_trades": 0}
    made = estimates(**cautious)
    assert made.missing() == (("events", 0, 3),)
    feed(made)
    assert made.warm


def test_a_line_is_off_without_its_estimator_and_unready_without_a_value():
    (line,) = HEARD.lines
    assert line.off().off
    empty = line.read(Heard(1), Heard(1), GammaFactors())
    assert (empty.value, empty.ready, empty.off) == (None, False, False)


def test_a_feed_of_best_prices_alone_has_one_level_a_side():
    at = SampleInput(SECOND, book(), ((0, 0.0), (SECOND, 100.0)), None, pool(), None)
    assert at.levels == (((99, 5),), ((101, 7),))


def test_a_metric_counts_in_the_unit_of_its_estimate_unless_it_says_otherwise():
    assert EstimateMetric("mm_x", "x").one == 1.0
