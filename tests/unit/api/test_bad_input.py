"""The bad-input catalogue, REST rows: what is sent, where, and what comes back. Nothing of it
changes anything."""

import gzip
import json

import pytest

from tests.unit.api.bodies import MEMBER, PARTICIPANT, POOL

pytestmark = pytest.mark.anyio
JSON = {"Content-Type": "application/json"}
BODIES = {
    "/v1/pools": POOL,
    "/v1/participants": PARTICIPANT,
    "/v1/pools/XYZUSDT-PERP/members": MEMBER | {"participant_id": "acme"},
}


def raw(body, **changes):
    """JSON with some values written as they are given."""
    text = json.dumps(body | dict.fromkeys(changes, "@"))
    for name, value in changes.items():
        text = text.replace(f'"{name}": "@"', f'"{name}": {value}')
    return text.encode()


POOL_VALUES = {
    "NaN": ("gamma", "NaN", 400),
    "Infinity": ("gamma", "-Infinity", 400),
    "a huge exponent": ("gamma", "1e400000", 400),
    "an exponent": ("gamma", "1e0", 400),
    "negative": ("gamma", "-0.1", 422),
    "negative text": ("gamma", '"-0.1"', 422),
    "zero": ("gamma", "0", 422),
    "negative zero": ("level_spacing_bps", "-0", 422),
    "negative zero text": ("level_spacing_bps", '"-0"', 422),
    "thirteen decimals": ("gamma", '"0.1000000000001"', 422),
    "full-width digits": ("gamma", '"０.１"', 422),
    "an underscore": ("order_size_usdt", '"1_000"', 422),
    "a blank": ("gamma", '" 0.1"', 422),
    "NUL": ("symbol", '"BTC\\u0000"', 400),
    "half a surrogate pair": ("symbol", '"\\ud83d"', 400),
    "a number too many digits long": ("gamma", "1" * 4_301, 400),
    "null": ("gamma", "null", 422),
    "true": ("gamma", "true", 422),
    "a list": ("gamma", '["0.1"]', 422),
    "an object": ("gamma", '{"value": "0.1"}', 422),
    "an empty text": ("gamma", '""', 422),
    "a text for a whole number": ("num_levels", '"3"', 422),
    "a fraction for a whole number": ("num_levels", "3.0", 422),
    "true for a whole number": ("num_levels", "true", 422),
    "a text for a flag": ("enabled", '"true"', 422),
    "one for a flag": ("enabled", "1", 422),
    "a number for a name": ("symbol", "1", 422),
    "a name that is a path": ("symbol", '"../x"', 422),
    "a name of 4 KB": ("symbol", f'"{"X" * 4_096}"', 422),
    "a name with a line end": ("symbol", '"A\\r\\nB"', 422),
    "no levels": ("num_levels", "0", 422),
    "a thousand levels": ("num_levels", "1000", 422),
    "no staleness": ("staleness_threshold_ms", "0", 422),
    "no interval": ("quote_interval_ms", "0", 422),
    "no loss limit": ("max_pool_loss_usdt", "0", 422),
    "a negative loss limit": ("max_pool_loss_usdt", "-1", 422),
    "a limit beyond all bounds": ("max_pool_position_usdt", "1" + "0" * 30, 422),
    "an unknown strategy": ("strategy", '"magic"', 422),
    "parameters that are a list": ("strategy_params", "[]", 422),
    "nested parameters": ("strategy_params", '{"a": {"b": 1}}', 422),
    "unknown parameters": ("strategy_params", '{"magic": 1}', 422),
    "a version of another": ("version", "0", 422),
}


async def refused(api, method, path, **more):
    answer = await api(method, path, **more)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert problem["status"] == answer.status_code
    assert len(answer.content) < 8_000
    for word in ("Traceback", "pydantic", "sqlalchemy", ".py"):
        assert word not in answer.text
    return answer.status_code, problem


@pytest.fixture
async def unchanged(api):
    yield
    assert (await api("GET", "/v1/pools")).json()["items"] == []
    assert (await api("GET", "/v1/participants")).json()["items"] == []


@pytest.mark.usefixtures("unchanged")
async def test_no_bad_value_makes_a_pool(api):
    for name, (field, value, expected) in POOL_VALUES.items():
        body = raw(POOL, **{field: value})
        status, problem = await refused(api, "POST", "/v1/pools", content=body, headers=JSON)
        assert status == expected, (name, problem)
        if expected == 422:
            assert problem["field"].split(".")[0] == field, name
            assert problem["allowed"], name


TOGETHER = {
    "min_spread_bps": {"min_spread_bps": "51"},
    "order_size_usdt": {"order_size_usdt": "50001"},
    "cancel_reserve_pct": {"max_messages_per_second": 1, "cancel_reserve_pct": "1"},
}


@pytest.mark.parametrize("field", TOGETHER)
@pytest.mark.usefixtures("unchanged")
async def test_values_that_do_not_go_together_are_422(api, field):
    status, problem = await refused(api, "POST", "/v1/pools", json=POOL | TOGETHER[field])
    assert (status, problem["field"]) == (422, field)


@pytest.mark.usefixtures("unchanged")
async def test_an_unknown_symbol_makes_no_pool(api):
    status, _ = await refused(api, "POST", "/v1/pools", json=POOL | {"symbol": "NOPE-PERP"})
    assert status == 404


WHOLE_BODIES = {
    "nothing": (b"", JSON, 400),
    "half of it": (b'{"symbol": "XYZ', JSON, 400),
    "a list": (b"[]", JSON, 400),
    "a text": (b'"x"', JSON, 400),
    "null": (b"null", JSON, 400),
    "an empty object": (b"{}", JSON, 422),
    "a million bytes": (b'{"a": "' + b"x" * 1_000_000 + b'"}', JSON, 413),
    "depth ten thousand": (b"[" * 10_000, JSON, 400),
    "a thousand keys": (json.dumps({str(i): i for i in range(1_001)}).encode(), JSON, 400),
    "gzip": (gzip.compress(b"{}"), JSON | {"Content-Encoding": "gzip"}, 415),
    "a gzip bomb": (gzip.compress(b" " * 10_000_000), JSON | {"Content-Encoding": "gzip"}, 415),
    "no type": (b"{}", {"Content-Type": ""}, 415),
    "plain text": (b"{}", {"Content-Type": "text/plain"}, 415),
    "XML": (b"<a/>", {"Content-Type": "application/xml"}, 415),
    "a form": (b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
    "another charset": (b"{}", {"Content-Type": "application/json; charset=utf-16"}, 415),
    "fields of a form": (b"a=1&b=2", {"Content-Type": "application/x-www-form-urlencoded"}, 400),
    "a key twice": (b'{"symbol": "A", "symbol": "B"}', JSON, 400),
    "an unknown key": (b'{"colour": "red"}', JSON, 422),
}


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.usefixtures("unchanged")
async def test_no_bad_body_creates_anything(api, path):
    for name, (content, headers, expected) in WHOLE_BODIES.items():
        status, _ = await refused(api, "POST", path, content=content, headers=headers)
        assert status == expected, name


async def test_a_stream_without_a_length_is_bounded_too(api):
    async def endless():
        for _ in range(10_000):
            yield b"x" * 1_000

    status, _ = await refused(api, "POST", "/v1/pools", content=endless(), headers=JSON)
    assert status == 413


@pytest.mark.parametrize("length", ["-1", "1e9", "x", "٣", "9" * 5_000])
async def test_a_length_is_a_number(api, length):
    headers = JSON | {"Content-Length": length.encode()}
    status, _ = await refused(api, "POST", "/v1/pools", content=b"{}", headers=headers)
    assert status in {400, 413}


PATHS = {
    "a folder up": "/v1/pools/..%2f..%2fetc%2fpasswd",
    "a folder up, plain": "/v1/pools/%2e%2e/%2e%2e/health",
    "NUL": "/v1/pools/BTC%00",
    "a slash": "/v1/pools/BTC%2FUSDT",
    "4 KB": "/v1/pools/" + "X" * 4_096,
    "another case": "/v1/pools/btcusdt-perp",
    "SQL": "/v1/pools/';DROP%20TABLE%20mm_orders;--",
    "a line end": "/v1/pools/BTC%0d%0aX-Evil:%201",
    "bad UTF-8": "/v1/pools/%ff%fe",
    "a slash at the end": "/v1/pools/",
    "two slashes": "/v1//pools",
    "another version": "/v2/pools",
    "nothing": "/",
    "a file": "/.env",
    "the framework's own pages": "/redoc",
    "an id that is none": "/v1/participants/%00",
}


async def test_a_strange_address_leads_nowhere(api):
    for name, path in PATHS.items():
        status, problem = await refused(api, "GET", path)
        assert status in {404, 422}, name
        assert problem["type"] in {"not-found", "invalid-field"}, name


@pytest.mark.parametrize("name", ["%00", "a%0D%0Ab", "%ED%A0%80", "%F0%9F%98%80"])
async def test_who_may_not_is_refused_and_on_record_whatever_the_address(api, name):
    path = f"/v1/settlements/{name}/pay"
    status, problem = await refused(api, "POST", path, json={})
    assert (status, problem["type"]) == (403, "forbidden")
    (kept,) = (await api("GET", "/v1/audit", "admin")).json()["items"]
    assert kept["action"] == "POST /v1/settlements/{settlement_id}/pay"
    assert kept["target"].startswith("/v1/settlements/")
    assert "%" in kept["target"]
    assert kept["target"].isprintable()


WRONG_METHODS = [
    ("PATCH", "/v1/pools", "GET, POST"),
    ("POST", "/v1/pools/XYZUSDT-PERP", "DELETE, GET, PUT"),
    ("GET", "/v1/mm/emergency/kill", "POST"),
    ("DELETE", "/v1/audit", "GET"),
    ("PUT", "/v1/mm-fills", "GET"),
    ("OPTIONS", "/v1/pools", "GET, POST"),
    ("OPTIONS", "/v1/pools/status", "GET"),
    ("PUT", "/v1/pools/status", "GET"),
    ("DELETE", "/v1/pools/status", "GET"),
    ("TRACE", "/health", "GET"),
]


async def test_a_wrong_method_is_answered_with_the_right_ones(api):
    for method, path, allowed in WRONG_METHODS:
        answer = await api(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed), (method, path)
        assert answer.json()["type"] == "method-not-allowed"


async def test_a_route_without_parameters_takes_none(api):
    status, problem = await refused(api, "GET", "/health?verbose=1")
    assert (status, problem["field"]) == (422, "verbose")


@pytest.mark.parametrize("path", ["/v1/mm/reset", "/v1/participants/x/activate"])
async def test_a_command_without_a_body_takes_none(api, path):
    status, problem = await refused(api, "POST", path, json={"force": True})
    assert (status, problem["field"], problem["allowed"]) == (422, "force", "nothing")


async def test_every_answer_is_sealed_and_traced(api):
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    for path in ("/health", "/v1/pools", "/nowhere", "/docs"):
        answer = await api("GET", path, headers={"traceparent": traceparent})
        assert answer.headers["x-trace-id"] == "0af7651916cd43dd8448eb211c80319c"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
    problem = (await api("GET", "/nowhere", headers={"traceparent": "junk"})).json()
    assert len(problem["trace_id"]) == 32
    assert problem["trace_id"] != "0af7651916cd43dd8448eb211c80319c"
