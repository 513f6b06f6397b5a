from types import SimpleNamespace

import pytest

from market_maker.api.health import Dependency
from market_maker.serving.probes import noted_probes, stored_probes, topics_probe
from market_maker.serving.venue_lines import NO_TOPICS, TopicsRead
from tests.support.office import database

pytestmark = pytest.mark.anyio


def noted(**problems):
    """The probes, with problems by name."""
    known = {"journal": "", "anchors": "", "log": "", "clock": "", "auth": ""} | problems
    journals = SimpleNamespace(health=SimpleNamespace(problem=known["journal"]), lost=3)
    watching = SimpleNamespace(journals=journals, clock=SimpleNamespace(problem=known["clock"]))
    auth, anchors, log = (
        SimpleNamespace(problem=known[name]) for name in ("auth", "anchors", "log")
    )
    return noted_probes(watching, auth, anchors, log)


@pytest.mark.parametrize("name", ["anchors", "log", "clock", "auth"])
async def test_what_a_part_has_noted_is_asked_by_its_name(name):
    probes = noted(**{name: "the disk is full"})
    assert await probes[name]() == "the disk is full"
    assert await noted()[name]() == ""


async def test_turns_that_were_lost_are_said_when_the_disk_is_back():
    lost = "3 turns lost since the start"
    assert await noted()["journal"]() == Dependency(ready=True, detail=lost)
    away = await noted(journal="no space")["journal"]()
    assert (away.ready, away.detail) == (False, f"no space; {lost}")


async def test_how_late_topics_are_read_is_said_where_there_are_some():
    lines = SimpleNamespace(topics=NO_TOPICS)
    probe = topics_probe(lines)
    assert await probe() == Dependency(ready=True, detail="")
    lines.topics = TopicsRead(lag=1_234_000_000)
    assert await probe() == Dependency(ready=True, detail="read 1234 ms behind the broker")


async def test_a_database_that_answers_and_records_that_wait():
    recorder = SimpleNamespace(away="", quarantined=0)
    intents, tenancy = SimpleNamespace(away=""), SimpleNamespace(problem="")
    lease = SimpleNamespace(away="")
    async with database() as store:
        probes = stored_probes(store, (tenancy, lease), recorder, intents)
        assert [await probe() for probe in probes.values()] == ["", "", "", ""]
        recorder.quarantined = 2
        assert await probes["records"]() == "2 records are set aside"
        lease.away = "the database does not answer"
        assert await probes["lease"]() == lease.away
        intents.away = "no order can be put on record"
        assert await probes["records"]() == intents.away
