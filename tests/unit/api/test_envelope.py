"""Every answer has a trace id and headers that forbid browsers to guess, frame and store."""

import httpx
import pytest
from starlette.responses import PlainTextResponse

from market_maker.api.envelope import SECURITY_HEADERS, TRACE_ID, Envelope
from market_maker.telemetry.tracing import TRACEPARENT, current_trace_id

pytestmark = pytest.mark.anyio
TRACE = "ab" * 16


async def answered(headers=None, **own):
    async def app(scope, receive, send):
        await PlainTextResponse(current_trace_id(), headers=own)(scope, receive, send)

    transport = httpx.ASGITransport(Envelope(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get("/", headers=headers or {})


async def test_a_request_is_served_in_the_trace_that_it_names_or_in_a_new_one():
    named = await answered({TRACEPARENT: f"00-{TRACE}-{'cd' * 8}-01"})
    assert named.text == named.headers[TRACE_ID] == TRACE
    new = await answered()
    assert new.text == new.headers[TRACE_ID] != TRACE


async def test_what_the_application_sets_itself_it_keeps():
    answer = await answered(**{"Cache-Control": "max-age=60"})
    assert answer.headers["Cache-Control"] == "max-age=60"
    kept = {name: answer.headers[name] for name in SECURITY_HEADERS if name != "Cache-Control"}
    assert kept.items() <= SECURITY_HEADERS.items()
