"""Lists name only what was asked for, and count all of it whatever the page."""

import pytest

from tests.unit.api.bodies import POOL, another_participant

pytestmark = pytest.mark.anyio
SYMBOLS = ("BTCUSDT-PERP", "ETHUSDT-PERP", "XYZUSDT-PERP")


@pytest.fixture
async def pools(api):
    for symbol in SYMBOLS:
        made = await api("POST", "/v1/pools", json=POOL | {"symbol": symbol})
        assert made.status_code == 201


@pytest.fixture
async def people(api):
    """Ids of three: the second is ACTIVE, the third of another tier."""
    ids = []
    for name, tier in (("Acme Desk", "TIER_1"), ("Beta Capital", "TIER_1"), ("Acme Two", "TIER_2")):
        body = another_participant() | {"display_name": name, "tier": tier}
        ids.append((await api("POST", "/v1/participants", json=body)).json()["participant_id"])
    await api("POST", f"/v1/participants/{ids[1]}/activate")
    return ids


async def found(api, path):
    """Whole answer and the names of its rows."""
    answer = await api("GET", path)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    named = [row.get("display_name") or row.get("symbol") for row in page["items"]]
    return page, named


@pytest.mark.usefixtures("pools")
@pytest.mark.parametrize(
    ("query", "symbols"),
    [
        ("q=tcus", ["BTCUSDT-PERP"]),
        ("q=USDT", list(SYMBOLS)),
        ("q=nothing", []),
        ("state=NOT_RUNNING", list(SYMBOLS)),
        ("state=ACTIVE", []),
        ("state=NOT_RUNNING&q=xyz", ["XYZUSDT-PERP"]),
    ],
)
async def test_pools_are_found_by_a_part_of_the_symbol_and_by_state(api, query, symbols):
    page, named = await found(api, f"/v1/pools?{query}")
    assert (named, page["total"]) == (symbols, len(symbols))


@pytest.mark.usefixtures("pools")
async def test_a_page_of_pools_counts_all_that_fit_and_leads_to_the_rest(api):
    for query, count in (("", 3), ("&state=NOT_RUNNING&q=usdt", 3)):
        page, first = await found(api, f"/v1/pools?limit=1{query}")
        assert (len(first), page["total"]) == (1, count)
        rest, named = await found(api, f"/v1/pools?limit=9{query}&cursor={page['next_cursor']}")
        assert tuple(first + named) == SYMBOLS
        assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=acme", ["Acme Desk", "Acme Two"]),
        ("q=BETA", ["Beta Capital"]),
        ("status=ACTIVE", ["Beta Capital"]),
        ("status=PENDING&q=two", ["Acme Two"]),
        ("tier=TIER_2", ["Acme Two"]),
        ("q=%25", []),
    ],
)
async def test_participants_are_found_by_words_status_and_tier(api, people, query, names):
    assert len(people) == 3
    page, named = await found(api, f"/v1/participants?sort=display_name&{query}")
    assert (named, page["total"]) == (names, len(names))


async def test_a_participant_is_found_by_a_part_of_its_id(api, people):
    _, named = await found(api, f"/v1/participants?q={people[2][:13].upper()}")
    assert "Acme Two" in named


@pytest.mark.usefixtures("pools", "people")
async def test_the_audit_log_is_found_by_words_in_any_of_its_fields(api):
    page, _ = await found(api, "/v1/audit?q=XYZUSDT")
    assert {row["target"] for row in page["items"]} == {"XYZUSDT-PERP"}
    page, _ = await found(api, "/v1/audit?q=participant.activate")
    assert {row["action"] for row in page["items"]} == {"participant.activate"}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/pools?state=SLEEPING", "state"),
        ("/v1/pools?q=", "q"),
        ("/v1/participants?status=ASLEEP", "status"),
        ("/v1/participants?q=" + "x" * 65, "q"),
        ("/v1/audit?result=maybe", "result"),
    ],
)
async def test_a_filter_that_means_nothing_is_refused_by_its_name(api, path, field):
    answer = await api("GET", path)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_a_cursor_of_other_filters_is_refused(api, pools):
    assert pools is None
    page, _ = await found(api, "/v1/pools?limit=1&q=usdt")
    answer = await api("GET", f"/v1/pools?limit=1&q=perp&cursor={page['next_cursor']}")
    assert (answer.status_code, answer.json()["field"]) == (422, "cursor")
