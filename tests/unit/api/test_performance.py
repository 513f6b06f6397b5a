"""Scores and promises by REST: every number that a score is made from is in the answer."""

from decimal import Decimal

import pytest

from market_maker.api.literals import write_time
from market_maker.model.participant import RevenueModel
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_MS, Nanos
from market_maker.performance.rollup import RollUp
from tests.builders import presence
from tests.unit.api.trading import MIDNIGHT, SYMBOL, open_for_business, trade

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]

DAY = 24 * NANOS_PER_HOUR
DAYS = 3


def seen(name, hour, valid):
    """100 samples in one hour, `valid` of them with both sides at 10 bps and 800 USDT."""
    return presence(
        participant_id=name,
        hour=Nanos(hour),
        eligible=100,
        valid=valid,
        spread_sum_bps=Decimal(10 * valid),
        depth_sum_usdt=Decimal(800 * valid),
        depth_target_usdt=Decimal(400),
        volume_target_usdt=Decimal(20_000),
    )


@pytest.fixture
async def days(store, clock):
    """Acme is always there, beta 90 times of a hundred; they trade on the first of the days."""
    await open_for_business(store)
    begin = MIDNIGHT - DAYS * DAY
    await trade(store, month_start=begin)
    async with store.transaction() as unit:
        for day in range(DAYS):
            rows = [seen("acme", begin + day * DAY, 100), seen("beta", begin + day * DAY, 90)]
            await unit.performance.add_presence(rows)
    clock.sleep(NANOS_PER_HOUR)
    assert await RollUp(store, clock).step() == 2 * DAYS


def recomputed(row):
    """Section 5.2 of the formulas, from the fields of the answer alone."""
    parts = [Decimal(row[name]) for name in ("spread_part", "depth_part", "volume_part")]
    uptime = Decimal(row["valid"]) / row["eligible"]
    spread, depth, volume = parts
    inner = Decimal("0.5") * spread + Decimal("0.3") * depth + Decimal("0.2") * volume
    return (100 * uptime**3 * inner).quantize(Decimal("0.01"))


def spread_part(row):
    low, high = Decimal(row["spread_min_bps"]), Decimal(row["spread_max_bps"])
    part = (high - Decimal(row["avg_spread_bps"])) / (high - low)
    return (min(max(part, Decimal(0)), Decimal(1)) ** 2).quantize(Decimal("1e-8"))


@pytest.mark.usefixtures("days")
async def test_a_participant_can_compute_its_score_again_from_the_answer(api):
    answer = (await api("GET", "/v1/performance/acme")).json()
    assert "uptime^3" in answer["formula"]
    assert [row["day"] for row in answer["items"]] == [
        write_time(Nanos(MIDNIGHT - back * DAY)) for back in (1, 2, 3)
    ]
    for row in answer["items"]:
        assert Decimal(row["q_score"]) == recomputed(row)
        assert Decimal(row["spread_part"]) == spread_part(row)
    traded = answer["items"][-1]
    assert (traded["trades"], traded["volume_part"]) == (2, "0.77781746")
    assert Decimal(traded["volume_usdt"]) == Decimal(12100)


@pytest.mark.usefixtures("days")
async def test_the_leaderboard_ranks_by_presence_and_names_every_participant(api):
    board = (await api("GET", "/v1/performance/leaderboard")).json()
    assert [row["participant_id"] for row in board["rows"]] == ["acme", "beta"]
    assert [row["rank"] for row in board["rows"]] == [1, 2]
    assert board["names"] == {"acme": "Acme", "beta": "Beta"}
    scores = [Decimal(row["q_rank"]) for row in board["rows"]]
    assert scores[0] > scores[1] > 0
    one_day = {"since": write_time(Nanos(MIDNIGHT - DAY)), "until": write_time(MIDNIGHT)}
    board = (await api("GET", "/v1/performance/leaderboard", params=one_day)).json()
    assert (board["provisional"], board["rows"][0]["trades"]) == (False, 0)


@pytest.mark.usefixtures("days")
async def test_days_of_a_symbol_come_in_pages(api):
    path, found, cursor = f"/v1/performance/symbol/{SYMBOL}", [], None
    for _ in range(3):
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await api("GET", path, params=params)).json()
        found += [(row["day"], row["participant_id"]) for row in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert len(set(found)) == len(found) == 2 * DAYS


@pytest.mark.usefixtures("days")
async def test_what_is_not_there_is_not_found_and_what_is_no_time_is_named(api):
    for path in ("performance/nobody", "performance/symbol/NOPE", "participants/x/obligations"):
        assert (await api("GET", f"/v1/{path}")).status_code == 404, path
    later = {"since": write_time(MIDNIGHT), "until": write_time(Nanos(MIDNIGHT - DAY))}
    for path in ("performance/leaderboard", "performance/acme"):
        answer = await api("GET", f"/v1/{path}", params=later)
        assert (answer.status_code, answer.json()["field"]) == (422, "until"), path
    wide = {"since": "1990-01-01T00:00:00Z"}
    answer = await api("GET", "/v1/performance/leaderboard", params=wide)
    assert (answer.status_code, answer.json()["field"]) == (422, "since")


OBLIGATIONS = "/v1/participants/beta/obligations"


@pytest.mark.usefixtures("days")
async def test_promises_are_kept_by_version_and_held_against_what_was_measured(api):
    assert (await api("GET", OBLIGATIONS)).json()["promised"] is None
    promised = {"uptime_min_pct": "95", "spread_max_bps": 12.5, "depth_min_usdt": "500"}
    made = await api("PUT", OBLIGATIONS, json=promised)
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    view = (await api("GET", OBLIGATIONS, params={"month": "2026-03"})).json()
    assert view["promised"]["spread_max_bps"] == "12.5"
    (symbol,) = view["symbols"]
    assert symbol["symbol"] == SYMBOL
    assert {duty["duty"]: duty["met"] for duty in symbol["duties"]} == {
        "uptime_min_pct": False,
        "spread_max_bps": True,
        "depth_min_usdt": True,
    }
    assert view["met"] is False
    stale = await api("PUT", OBLIGATIONS, json={"uptime_min_pct": "80", "version": 7})
    assert (stale.status_code, stale.json()["field"]) == (409, "version")
    fresh = await api("PUT", OBLIGATIONS, json={"uptime_min_pct": "80"}, headers={"If-Match": "1"})
    assert fresh.json()["spread_max_bps"] is None
    view = (await api("GET", OBLIGATIONS, params={"month": "2026-03"})).json()
    assert view["met"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"uptime_min_pct": "100.1"}, "uptime_min_pct"),
        ({"uptime_min_pct": "-1"}, "uptime_min_pct"),
        ({"spread_max_bps": "0"}, "spread_max_bps"),
        ({"depth_min_usdt": "NaN"}, "depth_min_usdt"),
        ({"uptime": "95"}, "uptime"),
    ],
)
@pytest.mark.usefixtures("days")
async def test_a_promise_that_makes_no_sense_is_refused(api, body, field):
    answer = await api("PUT", OBLIGATIONS, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await api("GET", OBLIGATIONS)).json()["promised"] is None


async def test_without_anything_measured_there_is_no_score_and_no_verdict(api, store, clock):
    await open_for_business(store, models={"acme": RevenueModel.KEEP_ALL})
    await api("PUT", "/v1/participants/acme/obligations", json={"uptime_min_pct": "95"})
    clock.sleep(NANOS_PER_MS)
    view = (await api("GET", "/v1/participants/acme/obligations")).json()
    assert (view["met"], view["symbols"]) == (None, [])
    answer = (await api("GET", "/v1/performance/acme")).json()
    assert (answer["today"], answer["items"]) == ([], [])
