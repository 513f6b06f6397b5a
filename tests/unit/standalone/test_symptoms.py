"""Troubles that last are found in a session's readings, each once, and their end as well."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.standalone.symptoms import (
    INVENTORY_SHARE,
    MEMORY_GROWTH_MB,
    MEMORY_SETTLED_AFTER,
    NO_FILLS_AFTER,
    NO_QUOTES_AFTER,
    SLOW_CYCLE_MS,
    SessionReading,
    Symptoms,
)

CLOCK_OFF = "This machine's clock is off"
EVERY = 10 * NANOS_PER_SECOND
FINE = SessionReading(
    now=Nanos(0),
    orders=10,
    why="quoting",
    bought=Decimal(0),
    sold=Decimal(0),
    fills=0,
    trades=0,
    distance_bps=4.0,
    spread_bps=0.5,
    inventory_share=0.1,
    adverse_bps=None,
    cycle_ms=0.2,
    memory_mb=150,
)


class Watch:
    """A session whose readings a test makes."""

    def __init__(self):
        self.symptoms, self.now, self.fills = Symptoms(), 0, 0
        self.begun, self.over = [], []

    def pass_for(self, span, **terms):
        """Readings of `terms` for so long, a fill at each unless they say otherwise."""
        for _ in range(span // EVERY):
            self.now += EVERY
            self.fills += 1
            reading = replace(FINE, **{"now": Nanos(self.now), "fills": self.fills, **terms})
            changes = self.symptoms.judge(reading)
            self.begun += changes.begun
            self.over += changes.over
        return self

    @property
    def names(self):
        return [one.name for one in self.begun]


@pytest.fixture
def watch():
    return Watch().pass_for(NO_FILLS_AFTER)


def test_a_session_that_fares_well_has_none(watch):
    watch.pass_for(3 * MEMORY_SETTLED_AFTER)
    assert (watch.begun, watch.over) == ([], [])


def test_no_quotes_for_a_minute_are_reported_once_with_the_reason_and_their_end(watch):
    watch.pass_for(NO_QUOTES_AFTER, orders=0, why="warming up")
    assert watch.begun == []
    watch.pass_for(NO_QUOTES_AFTER, orders=0, why="warming up")
    assert [(one.name, one.fields) for one in watch.begun] == [
        ("No quotes being placed", {"reason": "warming up"})
    ]
    watch.pass_for(EVERY)
    assert watch.over == ["No quotes being placed"]


@pytest.mark.parametrize(
    ("trades", "advice"), [(0, "the market is quiet"), (40, "lower risk_aversion or min_depth_bps")]
)
def test_orders_without_a_fill_name_their_distance_and_what_the_market_did(watch, trades, advice):
    watch.pass_for(NO_FILLS_AFTER, fills=watch.fills, trades=trades, distance_bps=31.256)
    (found,) = watch.begun
    assert found.name == "Orders placed but no fills"
    assert (found.fields["distance_bps"], found.fields["minutes"]) == (31.26, 5)
    assert (found.fields["market_trades"], found.fields["advice"]) == (trades, advice)


def test_a_position_near_its_limit_is_reported_with_the_flow_that_made_it(watch):
    watch.pass_for(
        EVERY, inventory_share=INVENTORY_SHARE, bought=Decimal("0.9"), sold=Decimal("0.1")
    )
    (found,) = watch.begun
    assert found.name == "Excessive fills / inventory building"
    assert (found.fields["flow"], found.fields["bought"]) == ("one-sided", "0.9")
    for share in (0.75, INVENTORY_SHARE, 0.71):
        watch.pass_for(EVERY, inventory_share=share)
    assert (watch.names, watch.over) == ([found.name], [])
    watch.pass_for(EVERY, inventory_share=0.2)
    assert watch.over == [found.name]


def test_flow_from_both_sides_is_not_called_one_sided(watch):
    watch.pass_for(EVERY, inventory_share=1.0, bought=Decimal(3), sold=Decimal(2))
    assert watch.begun[0].fields["flow"] == "two-sided"


def test_slow_cycles_count_when_they_are_the_half_of_a_minutes(watch):
    for _ in range(3):
        watch.pass_for(2 * EVERY).pass_for(EVERY, cycle_ms=SLOW_CYCLE_MS)
    assert watch.begun == []
    watch.pass_for(4 * EVERY, cycle_ms=SLOW_CYCLE_MS + 30)
    assert watch.names == ["High quote cycle latency"]
    assert watch.begun[0].fields["cycle_ms"] == 80.0


def test_memory_counts_from_ten_minutes_after_the_start(watch):
    watch.pass_for(MEMORY_SETTLED_AFTER, memory_mb=600)
    assert watch.begun == []
    watch.pass_for(EVERY, memory_mb=600 + MEMORY_GROWTH_MB)
    assert watch.names == ["Memory growing"]
    assert watch.begun[0].fields["after_start_mb"] == 600


def test_a_clock_that_leaves_the_venues_is_said_with_its_way_and_over_when_it_is_back():
    watch = Watch().pass_for(EVERY, clock_ahead_ms=-2_000)
    assert not watch.begun
    watch.pass_for(EVERY, clock_ahead_ms=-60_000)
    (symptom,) = watch.begun
    assert (symptom.name, symptom.fields["difference"]) == (CLOCK_OFF, "60.0 s behind the venue's")
    assert watch.pass_for(EVERY).over == [CLOCK_OFF]
    watch.pass_for(EVERY, clock_ahead_ms=3_500)
    assert watch.begun[-1].fields["difference"] == "3.5 s ahead of the venue's"
