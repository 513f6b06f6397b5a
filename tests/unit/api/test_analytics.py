"""What trading came to, by REST."""

from decimal import Decimal

import pytest

from market_maker.api.literals import write_time
from market_maker.model.records import LedgerCriteria
from market_maker.model.units import NANOS_PER_HOUR, Nanos
from tests.unit.api.trading import MIDNIGHT, SYMBOL, open_for_business, trade

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]

BEGIN = Nanos(MIDNIGHT - 5 * NANOS_PER_HOUR)
"""Trading is an hour later: within the last day."""


@pytest.fixture
async def traded(store):
    await open_for_business(store)
    await trade(store, month_start=BEGIN)


@pytest.mark.usefixtures("traded")
async def test_the_overview_adds_everything_up_and_says_whose_it_is(api):
    view = (await api("GET", "/v1/mm-analytics/overview")).json()
    assert (view["totals"]["fills"], view["pending_settlements"]) == (4, 0)
    assert Decimal(view["totals"]["realised_usdt"]) == 200
    assert Decimal(view["totals"]["net_usdt"]) == Decimal("200.121")
    assert [row["participant_id"] for row in view["participants"]] == ["acme", "beta"]
    assert [row["symbol"] for row in view["symbols"]] == [SYMBOL]
    parts = [Decimal(row["totals"]["net_usdt"]) for row in view["participants"]]
    assert sum(parts) == Decimal(view["totals"]["net_usdt"])


@pytest.mark.usefixtures("traded")
async def test_hours_are_filtered_and_come_in_pages(api, store):
    await trade(store, month_start=Nanos(BEGIN + NANOS_PER_HOUR), first=101, names=("acme",))
    hours = [write_time(Nanos(BEGIN + n * NANOS_PER_HOUR)) for n in (1, 2)]
    first = (await api("GET", "/v1/mm-analytics/hourly", params={"limit": "1"})).json()
    rest = {"limit": "1", "cursor": first["next_cursor"]}
    second = (await api("GET", "/v1/mm-analytics/hourly", params=rest)).json()
    assert [row["hour"] for row in first["items"] + second["items"]] == hours
    assert second["next_cursor"] is None
    assert [first["items"][0]["totals"]["fills"], second["items"][0]["totals"]["fills"]] == [4, 2]
    for filters, fills in (
        ({"symbol": SYMBOL}, [4, 2]),
        ({"symbol": "ETHUSDT-PERP"}, []),
        ({"participant_id": "beta"}, [2]),
        ({"since": hours[1]}, [2]),
        ({"until": hours[1]}, [4]),
    ):
        rows = (await api("GET", "/v1/mm-analytics/hourly", params=filters)).json()["items"]
        assert [row["totals"]["fills"] for row in rows] == fills, filters


@pytest.mark.usefixtures("traded")
async def test_hours_of_half_a_year_come_in_pages(api, store):
    """The procedure's own question, section 16."""
    await trade(store, month_start=Nanos(BEGIN - 200 * 24 * NANOS_PER_HOUR), first=201)
    asked = {"symbol": SYMBOL, "since": "2025-04-01T00:00:00Z", "limit": "1"}
    hours, cursor = [], None
    while True:
        page = {} if cursor is None else {"cursor": cursor}
        answer = await api("GET", "/v1/mm-analytics/hourly", params=asked | page)
        assert answer.status_code == 200, answer.text
        hours += [row["hour"] for row in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
    first = Nanos(BEGIN - 200 * 24 * NANOS_PER_HOUR + NANOS_PER_HOUR)
    assert hours == [write_time(first), write_time(Nanos(BEGIN + NANOS_PER_HOUR))]


async def test_a_refusal_shows_the_value_as_it_was_typed(api):
    for address, field, value in (
        ("mm-analytics/hourly", "since", "2199-01-01T00:00:00Z"),
        ("mm-analytics/BTCUSDT-PERP/attribution", "since", "2020-01-01T00:00:00Z"),
        ("performance/leaderboard", "since", "1999-01-01T00:00:00+01:00"),
        ("mm-fills", "until", "1999-01-01T00:00:00Z"),
    ):
        more = {"since": "2026-01-01T00:00:00Z"} if field == "until" else {}
        answer = await api("GET", f"/v1/{address}", params=more | {field: value})
        problem = answer.json()
        assert (answer.status_code, problem["field"], problem["value"]) == (422, field, value)
        assert value in problem["detail"]


@pytest.mark.usefixtures("traded")
async def test_metrics_of_a_symbol_show_the_common_windows(api):
    view = (await api("GET", f"/v1/mm-analytics/{SYMBOL}/metrics")).json()
    assert [(window["name"], window["totals"]["fills"]) for window in view["windows"]] == [
        ("24h", 4),
        ("7d", 4),
        ("30d", 4),
    ]
    assert {row["side"]: row["totals"]["fills"] for row in view["sides"]} == {"BUY": 2, "SELL": 2}
    assert sum(row["count"] for row in view["orders"]) == 4


@pytest.mark.usefixtures("traded")
async def test_attribution_groups_as_it_is_asked_and_its_groups_add_up(api):
    path = f"/v1/mm-analytics/{SYMBOL}/attribution"
    view = (await api("GET", path)).json()
    assert view["by"] == ["side", "level", "participant_id", "config_version"]
    assert [row["group"] for row in view["rows"]] == [
        ["BUY", 0, "acme", 1],
        ["BUY", 0, "beta", 1],
        ["SELL", 0, "acme", 1],
        ["SELL", 0, "beta", 1],
    ]
    for by in ("side", "participant_id,side", "config_version"):
        found = (await api("GET", path, params={"by": by})).json()
        fees = sum(Decimal(row["totals"]["fees_usdt"]) for row in found["rows"])
        assert fees == Decimal(found["totals"]["fees_usdt"]) == Decimal("-0.121")
    whole = view["whole"]
    parts = {name: Decimal(whole[name]) for name in whole}
    assert parts["equity_change"] == (
        parts["edge"] - parts["adverse"] + parts["inventory"] - parts["fees"] + parts["funding"]
    )


@pytest.mark.usefixtures("traded")
async def test_bad_questions_name_what_is_wrong(api):
    path = f"/v1/mm-analytics/{SYMBOL}/attribution"
    for by in ("hour", "", "side,", "side,side", "side level"):
        answer = await api("GET", path, params={"by": by})
        assert (answer.status_code, answer.json()["field"]) == (422, "by"), by
    for address in ("NOPE/metrics", "NOPE/attribution", "hourly?symbol=NOPE"):
        assert (await api("GET", f"/v1/mm-analytics/{address}")).status_code == 404, address
    wide = {"since": "2020-01-01T00:00:00Z"}
    problem = (await api("GET", path, params=wide)).json()
    assert (problem["status"], problem["field"], problem["value"]) == (422, "since", wide["since"])


@pytest.mark.usefixtures("traded")
async def test_each_fill_says_where_its_money_came_from(api, store):
    path = f"/v1/mm-analytics/{SYMBOL}/fills"
    first = (await api("GET", path, params={"participant_id": "acme", "limit": "1"})).json()
    rest = {"participant_id": "acme", "limit": "1", "cursor": first["next_cursor"]}
    second = (await api("GET", path, params=rest)).json()
    assert second["next_cursor"] is None
    sold, bought = first["items"] + second["items"]
    assert [(row["side"], row["price"], row["size"]) for row in (bought, sold)] == [
        ("BUY", "60000.0", "0.100"),
        ("SELL", "61000.0", "0.100"),
    ]
    assert [Decimal(row["realised_usdt"]) for row in (bought, sold)] == [0, 100]
    assert (bought["mid"], bought["edge_usdt"], bought["adverse_usdt"]) == (None, None, None)
    assert bought["config_version"] == 1
    fees = sum(Decimal(row["fee_usdt"]) for row in (bought, sold))
    async with store.reading() as unit:
        entries = (await unit.ledger.page(LedgerCriteria(participant_id="acme"), 10)).items
    assert fees == sum(entry.fees for entry in entries) < 0
    assert (await api("GET", "/v1/mm-analytics/NOPE/fills")).status_code == 404


@pytest.mark.usefixtures("traded")
async def test_the_ledger_of_a_participant_is_read_in_the_order_of_posting(api):
    async def entries(**query):
        answer = await api("GET", "/v1/ledger", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    mine = await entries(participant_id="acme")
    assert [row["entry_id"] for row in mine] == [1, 2]
    accounts = ("cash", "inventory", "realised", "funding", "fees")
    for row in mine:
        assert sum(Decimal(row[name]) for name in accounts) == 0
    assert await entries(participant_id="acme", kind="TRANSFER") == []
    assert await entries(participant_id="acme", symbol="ETHUSDT-PERP") == []
    assert len(await entries(participant_id="acme", since=mine[1]["ts_event"])) == 1
    nobody = await api("GET", "/v1/ledger", params={"participant_id": "nobody"})
    assert nobody.status_code == 404
    whose = await api("GET", "/v1/ledger")
    assert (whose.status_code, whose.json()["field"]) == (422, "participant_id")
