"""Caution at the first quote fades away; an agent's key that expires ends the session before."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from market_maker.model.units import NANOS_PER_SECOND
from market_maker.standalone.tending import EXPIRY_KEPT_S, caution, tend_expiry
from tests.simulation.leaping_loop import LoopClock, leaping
from tests.unit.standalone.venue import Lines


@pytest.mark.parametrize(
    ("seconds", "factor"), [(0, "2"), (75, "1.8"), (150, "1.5"), (299, "1.0"), (9_000, "1")]
)
def test_caution_begins_doubled_and_is_gone_after_its_time(seconds, factor):
    assert caution(seconds * NANOS_PER_SECOND, 300) == Decimal(factor)


def test_without_a_time_there_is_none():
    assert caution(0, 0) == 1


def tended(expires_in_s):
    """Seconds after which the session was ended, why, and the log."""

    async def run():
        clock = LoopClock()
        began, lines, ended = clock.now(), Lines(clock), []
        at = None if expires_in_s is None else began + expires_in_s * NANOS_PER_SECOND
        session = SimpleNamespace(identity=SimpleNamespace(expires_at=at))
        opened = SimpleNamespace(session=session)
        parts = SimpleNamespace(clock=clock, log=lines.log, opened=opened)
        await tend_expiry(parts, ended.append)
        return (clock.now() - began) / NANOS_PER_SECOND, ended, lines

    return leaping(run())


def test_before_an_agents_key_expires_a_person_is_warned_and_the_session_ends():
    after_s, (reason,), lines = tended(4_000)
    assert after_s == pytest.approx(4_000 - EXPIRY_KEPT_S, abs=1)
    assert reason == "the agent key expires within 60 s: approve it again"
    warned = lines.having("WARN Agent key expires in_minutes=")
    assert [line.partition("in_minutes=")[2].split()[0] for line in warned] == ["60", "10"]


def test_one_that_expires_within_the_hour_is_warned_of_once_more_and_others_never():
    after_s, ended, lines = tended(3_000)
    assert after_s == pytest.approx(3_000 - EXPIRY_KEPT_S, abs=1)
    assert len(lines.having("Agent key expires")) == len(ended) == 1
    assert tended(None)[1:2] == ([],)
