from decimal import Decimal
from typing import Annotated

from msgspec import Struct

from market_maker.api.filters import SpanQuery
from market_maker.api.reading import Body
from market_maker.api.schemas import body_schema, query_schema
from market_maker.model.fields import positive
from market_maker.model.participant import Enrolment, ParticipantChange
from market_maker.model.pool import DOCUMENTED, PoolConfig


class Written(Struct, frozen=True, kw_only=True):
    decimal: Annotated[Decimal, positive("100", "per cent", "A share.")] = Decimal(1)


def test_the_schema_of_a_decimal_has_its_pattern_and_bounds():
    schema = body_schema(Body(kind=Written))["properties"]["decimal"]
    text, figure = schema["anyOf"]
    assert text == {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$"}
    assert figure == {"type": "number", "exclusiveMinimum": 0, "maximum": 100}
    words = "A share. A number above 0 to 100 per cent, in plain digits, at most 12 decimals."
    assert schema["description"] == words


def test_a_body_requires_what_its_kind_requires_and_what_the_route_adds():
    assert "notes" not in body_schema(Body(kind=Enrolment))["required"]
    body = Body(kind=PoolConfig, required=DOCUMENTED, left_out=("members",), nulls=True)
    schema = body_schema(body)
    assert tuple(schema["required"]) == DOCUMENTED
    assert "members" not in schema["properties"]
    assert {"type": "null"} in schema["properties"]["balance"]["anyOf"]
    assert "anyOf" not in schema["properties"]["enabled"]


def test_a_change_and_an_enrolment_describe_a_field_alike():
    whole = body_schema(Body(kind=Enrolment))["properties"]
    change = body_schema(Body(kind=ParticipantChange))["properties"]
    for name in ("display_name", "notes", "max_drawdown_pct", "initial_margin_usdt"):
        bare = {key: each for key, each in whole[name].items() if key not in {"title", "default"}}
        assert change[name]["anyOf"][0] == bare, name


def test_a_span_may_be_left_out():
    schema = query_schema(SpanQuery)
    assert "required" not in schema
    assert schema["properties"]["limit"]["default"] == 100
