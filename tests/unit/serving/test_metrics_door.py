"""Who may read the metrics."""

import asyncio

import pytest

from market_maker.serving.metrics_door import MetricsDoor


async def page(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})


def status(token, *headers):
    said = []

    async def send(message):
        said.append(message)

    scope = {"type": "http", "headers": [(n.encode(), v.encode()) for n, v in headers]}
    asyncio.run(MetricsDoor(page, token)(scope, None, send))
    return said[0]["status"]


@pytest.mark.parametrize("host", ["localhost:9090", "127.0.0.1:9090", "[::1]:9090", "LOCALHOST"])
def test_without_a_token_this_machine_is_answered_by_its_own_names(host):
    assert status(None, ("host", host)) == 200


@pytest.mark.parametrize("headers", [[], [("host", "evil.example")], [("host", "localhost")] * 2])
def test_without_a_token_other_names_are_not_known(headers):
    assert status(None, *headers) == 421


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("authorization", "Bearer sesame")], 200),
        ([("authorization", "bearer  sesame ")], 200),
        ([], 401),
        ([("authorization", "Bearer sesam")], 401),
        ([("authorization", "Basic sesame")], 401),
        ([("authorization", "Bearer sesame")] * 2, 401),
    ],
)
def test_with_the_token_a_caller_is_answered_by_any_name(headers, expected):
    assert status("sesame", ("host", "metrics.example"), *headers) == expected
