import re

import pytest
from msgspec import Struct, structs

from market_maker.api.openapi import FAMILIES, describe
from market_maker.api.page import STYLE_HASH
from market_maker.api.table import ROUTES
from tests.support.openapi_diff import differences

DOCUMENT = describe(ROUTES)


class Side(Struct, frozen=True):
    """An answer that has the name of an enumeration."""

    price: str


def test_every_route_is_described_once_under_a_name_of_its_own():
    operations = [each for path in DOCUMENT["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(names) == len(set(names)) == len(ROUTES)
    assert {each["tags"][0] for each in operations} == set(FAMILIES)


def test_every_reference_and_every_link_leads_somewhere():
    schemas, names = DOCUMENT["components"]["schemas"], {route.name for route in ROUTES}
    for reference in re.findall(r"#/components/schemas/(\w+)", str(DOCUMENT)):
        assert reference in schemas
    for route in ROUTES:
        assert {link.operation for link in route.links} <= names


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_refusal_is_described_as_a_problem(route):
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    refusals = {int(s) for s in operation["responses"] if int(s) not in route.statuses}
    assert {400, 421, 422, 500} <= refusals
    assert ({401, 403, 429} <= refusals) == (route.roles is not None)
    assert ({408, 413, 415} <= refusals) == (route.body is not None)
    for status in refusals:
        content = operation["responses"][str(status)]["content"]
        assert list(content) == ["application/problem+json"]


def test_decimals_are_described_with_their_pattern_and_bounds():
    gamma = DOCUMENT["components"]["schemas"]["PoolBody"]["properties"]["gamma"]
    text, number = gamma["anyOf"]
    assert text["pattern"].startswith("^(0|[1-9]")
    assert number == {"type": "number", "exclusiveMinimum": 0, "maximum": 100}


def test_a_body_takes_no_field_that_is_not_described():
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if name.endswith("Body"):
            assert schema["additionalProperties"] is False, name


@pytest.mark.anyio
async def test_the_page_needs_nothing_but_itself(api):
    answer = await api("GET", "/docs", None)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert STYLE_HASH in answer.headers["content-security-policy"]
    for word in ("<script", "http://", "https://", "src=", "@import", "url("):
        assert word not in answer.text
    for route in ROUTES:
        assert f"<code>{route.path}</code>" in answer.text
    assert (await api("GET", "/openapi.json", None)).json() == DOCUMENT


def test_the_description_differs_from_the_release_only_as_meant():
    """`python -m tests.support.openapi_diff` prints every difference and its reason."""
    assert [place for place, _, _, why in differences() if not why] == []


def test_every_operation_carries_its_roles():
    for route in ROUTES:
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        assert operation["x-roles"] == [str(role) for role in route.roles or ()]


def test_an_enumeration_and_an_answer_of_one_name_are_our_bug():
    clash = structs.replace(ROUTES[0], answer=Side)
    with pytest.raises(AssertionError, match="two schemas Side"):
        describe([*ROUTES, clash])
