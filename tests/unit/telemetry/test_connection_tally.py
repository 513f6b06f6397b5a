"""Connections that are made again and again are counted, and the log says why."""

import pytest

from market_maker.clocks import SimClock
from market_maker.model.units import Nanos
from market_maker.ports.connections import GivenUp
from market_maker.telemetry.connection_tally import SAID_EVERY, ConnectionTally
from market_maker.telemetry.page import MetricsPage
from tests.unit.telemetry.lines import Lines

BEGAN = Nanos(10**18)


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def clock() -> SimClock:
    return SimClock(BEGAN)


@pytest.fixture
def tally(clock: SimClock, lines: Lines) -> ConnectionTally:
    return ConnectionTally(clock, lines)


def samples(tally: ConnectionTally) -> list[str]:
    page = MetricsPage()
    tally.add_to(page)
    return [line for piece in page.pieces() for line in piece.splitlines() if line[0] != "#"]


def test_each_is_counted_by_its_other_end_and_by_why_it_is_given_up(tally: ConnectionTally) -> None:
    for to in ("database", "redis", "database"):
        tally.made(to)
    tally.given_up("database", GivenUp.UNREADABLE, "AttributeError")
    tally.given_up("database", GivenUp.ENDED)
    tally.given_up("redis", GivenUp.ENDED)
    assert samples(tally) == [
        'mm_connections_made_total{to="database"} 2',
        'mm_connections_made_total{to="redis"} 1',
        'mm_connections_given_up_total{to="database",why="ended"} 1',
        'mm_connections_given_up_total{to="database",why="unreadable"} 1',
        'mm_connections_given_up_total{to="redis",why="ended"} 1',
    ]


def test_an_answer_that_cannot_be_read_is_a_warning_once_a_minute_with_its_count(
    tally: ConnectionTally, clock: SimClock, lines: Lines
) -> None:
    for _ in range(3):
        tally.given_up("database", GivenUp.UNREADABLE, "AttributeError: no decode")
    clock.advance_to(Nanos(BEGAN + SAID_EVERY))
    tally.given_up("database", GivenUp.UNREADABLE, "AttributeError: no decode")
    said = {"to": "database", "why": "unreadable", "problem": "AttributeError: no decode"}
    assert lines.written == [
        ("warning", "connection given up", said | {"count": 1}),
        ("warning", "connection given up", said | {"count": 4}),
    ]


def test_what_the_other_end_did_is_news_and_what_we_did_is_counted_only(
    tally: ConnectionTally, lines: Lines
) -> None:
    for why in GivenUp:
        tally.given_up("order_service", why, "words")
    said = [(level, fields["why"]) for level, _, fields in lines.written]
    assert said == [("info", "ended"), ("info", "silent"), ("warning", "unreadable")]
    assert len(samples(tally)) == len(GivenUp)
