import pytest
from msgspec.structs import replace

from market_maker.api.literals import write_time
from market_maker.model.orders import Side
from market_maker.model.records import OrderStatus
from market_maker.model.units import Nanos, ParticipantId
from tests.builders import NOW, enroll, fill, order

pytestmark = pytest.mark.anyio
BTC, ETH = "BTCUSDT-PERP", "ETHUSDT-PERP"
STATUSES = list(OrderStatus)


def stored_orders():
    return [
        order(
            number,
            symbol=BTC if number % 3 else ETH,
            participant_id=ParticipantId("acme" if number % 2 else "beta"),
            side=Side.BUY if number % 4 < 2 else Side.SELL,
            status=STATUSES[number % len(STATUSES)],
        )
        for number in range(1, 31)
    ]


@pytest.fixture
async def orders(store):
    rows = stored_orders()
    async with store.transaction() as unit:
        await enroll(unit, "acme")
        await enroll(unit, "beta")
        await unit.orders.add(rows)
    return rows


@pytest.fixture
async def fills(store, orders):
    rows = [
        replace(
            fill(row.order_id),
            symbol=row.symbol,
            client_order_id=row.client_order_id,
            participant_id=row.participant_id,
            side=row.side,
            ts_event=Nanos(NOW + row.order_id),
        )
        for row in orders
    ]
    async with store.transaction() as unit:
        assert len(await unit.fills.add(rows)) == len(rows)
    return rows


async def everything(api, path, **query):
    """Every page, one after the other."""
    rows, cursor = [], None
    while True:
        params = query | ({"cursor": cursor} if cursor else {})
        answer = await api("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return rows


@pytest.mark.parametrize("limit", ["1", "7", "30", "1000"])
@pytest.mark.usefixtures("orders")
async def test_every_page_size_lists_every_order_once_newest_first(api, limit):
    rows = await everything(api, "/v1/mm-orders", limit=limit)
    assert [row["order_id"] for row in rows] == list(range(30, 0, -1))


FILTERS = {
    "symbol": (ETH, lambda row: row.symbol == ETH),
    "participant_id": ("beta", lambda row: row.participant_id == "beta"),
    "side": ("SELL", lambda row: row.side is Side.SELL),
    "since": (write_time(Nanos(NOW + 10)), lambda row: row.order_id >= 10),
    "until": (write_time(Nanos(NOW + 10)), lambda row: row.order_id < 10),
    "status": ("FILLED", lambda row: row.status is OrderStatus.FILLED),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_orders_are_filtered_by(api, orders, name):
    value, wanted = FILTERS[name]
    rows = await everything(api, "/v1/mm-orders", limit="4", **{name: value})
    expected = [row.client_order_id for row in reversed(orders) if wanted(row)]
    assert [row["client_order_id"] for row in rows] == expected
    assert expected


async def test_fills_are_filtered_alike(api, fills):
    for name, (value, wanted) in FILTERS.items():
        if name == "status":
            continue
        rows = await everything(api, "/v1/mm-fills", limit="4", **{name: value})
        expected = [str(row.client_order_id) for row in reversed(fills) if _like(wanted, row)]
        assert [row["client_order_id"] for row in rows] == expected, name


def _like(wanted, row):
    """A fill's trade id stands for the order's number in the filters above."""

    class AsOrder:
        symbol, participant_id, side = row.symbol, row.participant_id, row.side
        order_id = row.ts_event - NOW

    return wanted(AsOrder)


@pytest.mark.usefixtures("fills")
async def test_the_path_of_a_symbol_is_the_filter(api):
    for path in ("/v1/mm-orders", "/v1/mm-fills"):
        own = await everything(api, f"{path}/{ETH}")
        assert own == await everything(api, path, symbol=ETH)
        assert {row["symbol"] for row in own} == {ETH}


@pytest.mark.usefixtures("fills")
async def test_numbers_are_exact_texts_and_times_have_a_zone(api):
    row = (await everything(api, "/v1/mm-orders", limit="1000"))[-1]
    assert (row["price"], row["size"], row["filled"]) == ("60000.0", "0.010", "0.000")
    assert row["created_at"] == write_time(Nanos(NOW + 1))


@pytest.mark.usefixtures("fills")
async def test_a_viewer_does_not_see_accounts(api):
    for path in ("/v1/mm-orders", "/v1/mm-fills"):
        row = (await api("GET", path, "viewer")).json()["items"][0]
        assert row["account_id"].startswith("…")
        assert len(row["account_id"]) <= 5


@pytest.mark.usefixtures("fills")
async def test_counts_and_sums_of_one_symbol(api):
    window = {"since": write_time(NOW), "until": write_time(Nanos(NOW + 10**9))}
    for path, count in (("mm-orders/{}/breakdown", 20), ("mm-fills/{}/summary", 20)):
        found = (await api("GET", f"/v1/{path.format(BTC)}", params=window)).json()
        assert sum(total["count"] for total in found["totals"]) == count
        assert {name: found[name] for name in window} == window
    for path in ("mm-orders/NOPE/breakdown", "mm-fills/NOPE/summary"):
        assert (await api("GET", f"/v1/{path}")).status_code == 404


BAD_QUERIES = [
    ({"limit": "0"}, "limit"),
    ({"limit": "-1"}, "limit"),
    ({"limit": "1001"}, "limit"),
    ({"limit": "1000000000"}, "limit"),
    ({"limit": "1e2"}, "limit"),
    ({"limit": "٣"}, "limit"),
    ({"limit": ""}, "limit"),
    ({"cursor": ""}, "cursor"),
    ({"cursor": "x"}, "cursor"),
    ({"cursor": "eyJ4Ijox"}, "cursor"),
    ({"cursor": "' OR 1=1 --"}, "cursor"),
    ({"cursor": "A" * 5_000}, "cursor"),
    ({"since": "0"}, "since"),
    ({"since": "9223372036854775808"}, "since"),
    ({"since": "2026-04-01T00:00:00"}, "since"),
    ({"until": "yesterday"}, "until"),
    ({"since": "2026-04-02T00:00:00Z", "until": "2026-04-01T00:00:00Z"}, "until"),
    ({"side": "buy"}, "side"),
    ({"side": "BUY'--"}, "side"),
    ({"status": "OPEN"}, "status"),
    ({"participant_id": "a\r\nb"}, "participant_id"),
    ({"symbol": "../../etc/passwd"}, "symbol"),
    ({"symbol": "X" * 4_096}, "symbol"),
    ({"colour": "red"}, "colour"),
]


async def test_a_bad_query_names_its_parameter(api):
    for query, field in BAD_QUERIES:
        answer = await api("GET", "/v1/mm-orders", params=query)
        assert (answer.status_code, answer.json()["field"]) == (422, field), query


async def test_a_parameter_given_twice_is_refused(api):
    answer = await api("GET", "/v1/mm-orders?limit=1&limit=2")
    assert (answer.status_code, answer.json()["type"]) == (400, "malformed")
