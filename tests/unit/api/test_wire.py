import math
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from market_maker.api.reading import Body, read_body
from market_maker.api.table import ROUTES
from market_maker.api.wire import Plan, components, encode, plan, write_decimal
from market_maker.model.fields import number
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Lots, Nanos
from market_maker.operations.views import PoolStatus, PoolStatusView, PoolView


class Colour(StrEnum):
    RED = "red"


class Inner(Struct, frozen=True):
    """Within."""

    amount: Decimal


class Amount(Struct, frozen=True):
    amount: Annotated[Decimal, number("0", "1000000000000", "", "")]


class Outer(Struct, frozen=True):
    """Around,
    in two lines."""

    at: Nanos
    size: Lots
    ratio: float
    colour: Colour
    one: Inner | None
    many: tuple[Inner, ...]
    counts: dict[str, int]
    on: bool


def outer(**changes):
    fields = {
        "at": Nanos(1),
        "size": Lots(5),
        "ratio": 0.5,
        "colour": Colour.RED,
        "one": None,
        "many": (Inner(Decimal("1.50")),),
        "counts": {"a": 1},
        "on": True,
    }
    return Outer(**fields | changes)


def test_every_kind_of_field_is_sent_as_documented():
    assert encode(Outer, outer()) == {
        "at": "1970-01-01T00:00:00.000000001Z",
        "size": 5,
        "ratio": 0.5,
        "colour": "red",
        "one": None,
        "many": [{"amount": "1.50"}],
        "counts": {"a": 1},
        "on": True,
    }


@pytest.mark.parametrize("ratio", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_null(ratio):
    assert encode(Outer, outer(ratio=ratio))["ratio"] is None


def test_named_types_are_described_once_and_pointed_to():
    assert list(components([plan(Outer)])) == ["Inner", "Outer"]
    schema = plan(Outer).schema
    assert schema["description"] == "Around, in two lines."
    assert schema["required"] == list(Outer.__struct_fields__)
    assert schema["properties"]["one"] == {
        "anyOf": [{"$ref": "#/components/schemas/Inner"}, {"type": "null"}]
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [("0E-8", "0.00000000"), ("-0.0", "0.0"), ("1E+3", "1000"), ("1E-12", "0.000000000001")],
)
def test_a_decimal_is_plain_digits(value, text):
    assert write_decimal(Decimal(value)) == text


@given(st.decimals(0, 10**11, places=12))
def test_a_decimal_that_was_sent_can_be_sent_back(value):
    read = read_body(Body(kind=Amount), {"amount": write_decimal(value)})
    assert read.value == Amount(value)


def test_a_pool_is_flat_and_has_no_members():
    config = PoolConfig(symbol="X")
    view = PoolView(
        config=config,
        venue="order service",
        state=PoolStatus.ACTIVE,
        active_members=2,
        created_at=Nanos(0),
        updated_at=Nanos(0),
    )
    sent = encode(PoolView, view)
    names = [name for name in PoolConfig.__struct_fields__ if name != "members"]
    assert list(sent)[: len(names)] == names
    assert (sent["symbol"], sent["active_members"]) == ("X", 2)
    assert sent["venue"] == "order service"


def test_what_is_not_known_without_an_engine_is_null():
    schema = plan(PoolStatusView).schema
    assert "engine" not in schema["properties"]
    assert {"type": "null"} in schema["properties"]["bid"]["anyOf"]
    assert schema["properties"]["symbol"] == {"type": "string"}


def test_every_answer_of_the_table_has_a_plan_and_every_reference_leads_somewhere():
    found = components(plan(route.answer) for route in ROUTES)
    text = msgspec.json.encode(found).decode()
    for part in text.split("#/components/schemas/")[1:]:
        assert part.partition('"')[0] in found


def test_two_schemas_of_one_name_are_our_bug():
    other = Plan(str, {"type": "string"}, "Inner")
    with pytest.raises(AssertionError, match="two schemas Inner"):
        components([plan(Outer), other])
    assert list(components([plan(Inner), plan(Inner)])) == ["Inner"]
