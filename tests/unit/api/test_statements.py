"""A statement by REST: a page or a table, never JSON, and never half of one."""

import csv
import io

import pytest

from market_maker.accounting.statements import Form
from market_maker.api.problems import ProblemError
from market_maker.api.statements import accepted, broken_off_visibly
from market_maker.model.caller import Caller
from market_maker.model.errors import InvalidDataError
from tests.unit.api.trading import MONTH, traded_month

pytestmark = pytest.mark.anyio

PATH = f"/v1/settlements/stl-{MONTH}-1-acme/statement"


@pytest.fixture
async def settled(store, api):
    await traded_month(store)
    await api.application.settlements.close(Caller("ann", (), ""), MONTH)


@pytest.mark.usefixtures("settled")
async def test_the_table_has_every_fill_and_ends_in_the_amount(api):
    answer = await api("GET", PATH, params={"format": "csv"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f'filename="stl-{MONTH}-1-acme.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    fills = [row for row in rows if row["line"] == "entry"]
    assert [(row["side"], row["quantity"], row["price"]) for row in fills] == [
        ("BUY", "0.1", "60000"),
        ("SELL", "0.1", "61000"),
    ]
    assert (rows[-1]["time_or_name"], rows[-1]["total_usdt"]) == ("Amount", "20.01")


@pytest.mark.usefixtures("settled")
async def test_the_page_loads_and_runs_nothing(api):
    answer = await api("GET", PATH)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "20.01" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'sha256-")
    assert policy.endswith("frame-ancestors 'self'")
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    for forbidden in ("<script", "http://", "https://", "src="):
        assert forbidden not in answer.text


@pytest.mark.usefixtures("settled")
async def test_the_accept_header_chooses_and_the_parameter_goes_first(api):
    for accept, media in (
        ("text/csv", "text/csv"),
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/csv;q=0.9, text/html;q=0.1", "text/csv"),
        ("*/*", "text/html"),
    ):
        answer = await api("GET", PATH, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(media), accept
    answer = await api("GET", PATH, headers={"Accept": "text/csv"}, params={"format": "html"})
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.usefixtures("settled")
async def test_other_forms_are_refused(api):
    answer = await api("GET", PATH, headers={"Accept": "application/pdf"})
    assert (answer.status_code, answer.json()["type"]) == (406, "not-acceptable")
    answer = await api("GET", PATH, params={"format": "pdf"})
    assert (answer.status_code, answer.json()["field"]) == (422, "format")
    answer = await api("GET", PATH.replace("acme", "nobody"))
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")


@pytest.mark.parametrize("form", Form)
async def test_one_that_breaks_off_says_so_and_ends_the_connection(form):
    async def parts():
        yield "head"
        raise InvalidDataError("statement", "does not add up")

    seen = []

    async def read():
        async for part in broken_off_visibly(parts(), form):
            seen.append(part)  # noqa: PERF401  it ends with an exception

    with pytest.raises(InvalidDataError):
        await read()
    assert seen[0] == "head"
    assert "breaks off here and is none" in seen[1]


async def test_odd_accept_headers_do_not_break_it():
    assert accepted("") is Form.HTML
    assert accepted("TEXT/CSV ; q=1") is Form.CSV
    assert accepted("text/*;q=0.3") is Form.HTML
    for header in ("text/csv;q=0", "text/csv;q=much", "text/html;q=nan", ";;,;"):
        with pytest.raises(ProblemError):
            accepted(header)
