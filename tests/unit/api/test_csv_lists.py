"""Lists as CSV: all of their rows, as JSON has them, and nothing that a spreadsheet would run."""

import csv
import io

import pytest

from market_maker.api.csv_lists import cell
from tests.unit.api.trading import MARCH, open_for_business, trade

pytestmark = pytest.mark.anyio
FILLS = "/v1/mm-fills"


@pytest.fixture
async def traded(api):
    await open_for_business(api.store)
    await trade(api.store, MARCH)
    return api


def table(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_csv_has_every_row_that_the_pages_have_with_the_same_values(traded):
    shown = (await traded("GET", FILLS, "risk")).json()["items"]
    rows = table(await traded("GET", f"{FILLS}?format=csv&limit=1", "risk"))
    assert len(rows) == len(shown) == 4
    texts = [{k: "" if v is None else str(v) for k, v in row.items()} for row in shown]
    assert [dict(row) for row in rows] == texts


@pytest.mark.parametrize(
    ("accept", "csv_wanted"),
    [
        ("text/csv", True),
        ("text/csv;q=0.5, application/json;q=0.4", True),
        ("application/json, text/csv;q=0.5", False),
        ("text/csv;q=0", False),
        ("text/html, */*", False),
        ("", False),
    ],
)
async def test_the_form_is_what_accept_wants_more(traded, accept, csv_wanted):
    answer = await traded("GET", FILLS, "risk", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("text/csv") == csv_wanted


async def test_the_parameter_outranks_the_header_and_other_forms_are_refused(traded):
    asked = f"{FILLS}?format=json"
    answer = await traded("GET", asked, "risk", headers={"Accept": "text/csv"})
    assert answer.json()["items"]
    assert (await traded("GET", f"{FILLS}?format=xml", "risk")).status_code == 422


async def test_the_file_is_named_after_the_list_its_symbol_and_its_span(traded):
    span = "since=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z"
    answer = await traded("GET", f"{FILLS}/BTCUSDT-PERP?format=csv&{span}", "risk")
    name = "mm-fills-BTCUSDT-PERP-2026-03-01T000000Z-2026-04-01T000000Z.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


async def test_a_refusal_is_a_problem_and_no_broken_table(traded):
    answer = await traded("GET", f"{FILLS}?format=csv&cursor=foreign", "risk")
    assert answer.status_code == 422
    assert (await traded("GET", "/v1/audit?format=csv", "viewer")).status_code == 403


async def test_accounts_stay_masked_in_csv(traded):
    (row, *_) = table(await traded("GET", f"{FILLS}?format=csv", "viewer"))
    assert row["account_id"] != "account-acme"
    assert "account-acme" not in row.values()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("-1.5", "-1.5"),
        ("=1+1", "'=1+1"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (True, "true"),
        (0.25, "0.25"),
        ({"a": [1]}, '{"a":[1]}'),
    ],
)
def test_a_cell_holds_a_value_and_never_a_formula(value, text):
    assert cell(value) == text


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/mm-fills", "ts_event"),
        ("/v1/mm-orders", "created_at"),
        ("/v1/mm-orders/BTCUSDT-PERP", "created_at"),
        ("/v1/audit", "seq"),
        ("/v1/ledger?participant_id=acme", "entry_id"),
        ("/v1/participants", "display_name"),
        ("/v1/participants", "created_at"),
        ("/v1/mm-analytics/hourly?since=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z", "hour"),
    ],
)
async def test_a_list_sorts_both_ways_and_its_pages_go_on_in_that_order(traded, path, field):
    join = "&" if "?" in path else "?"
    for sort in (field, f"-{field}"):
        seen, cursor = [], ""
        while True:
            more = f"&cursor={cursor}" if cursor else ""
            asked = f"{path}{join}sort={sort}&limit=1{more}"
            page = (await traded("GET", asked, "risk")).json()
            seen += [row[field] for row in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = page["next_cursor"]
        assert seen == sorted(seen, reverse=sort.startswith("-"))
        whole = (await traded("GET", f"{path}{join}sort={sort}", "risk")).json()["items"]
        assert seen == [row[field] for row in whole]


async def test_a_cursor_of_one_order_is_refused_by_the_other(traded):
    cursor = (await traded("GET", f"{FILLS}?limit=1", "risk")).json()["next_cursor"]
    answer = await traded("GET", f"{FILLS}?limit=1&sort=ts_event&cursor={cursor}", "risk")
    assert answer.status_code == 422
    assert "same filters" in answer.text


async def test_what_a_list_cannot_be_sorted_by_is_named_with_what_it_can(traded):
    answer = await traded("GET", f"{FILLS}?sort=price", "risk")
    assert answer.status_code == 422
    assert "one of ts_event, -ts_event" in answer.text


async def test_the_leaderboard_is_a_table_too(traded):
    span = "since=2026-03-01T00:00:00Z&until=2026-03-31T00:00:00Z"
    answer = await traded("GET", f"/v1/performance/leaderboard?format=csv&{span}", "viewer")
    table(answer)
    assert answer.text.startswith("rank,participant_id,tier,")
