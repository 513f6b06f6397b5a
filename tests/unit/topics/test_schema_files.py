import io
from pathlib import Path
from typing import Any

import fastavro
import msgspec
import pytest
from fastavro.utils import generate_one

from market_maker.bus.topics import TOPICS
from market_maker.topics.schema_files import CONSUMED, PUBLISHED, parsed_schema, schema_text

RELEASED = sorted((Path(__file__).parents[2] / "golden" / "schemas").glob("*.avsc"))
ALL = (*PUBLISHED, *CONSUMED)
SIZES = {"int", "long", "float", "double"}


def released(path: Path) -> Any:
    return msgspec.json.decode(path.read_text("utf-8"))


def topic_of(path: Path) -> str:
    return path.stem.rpartition(".")[0]


def test_every_topic_of_the_bus_has_a_schema() -> None:
    assert PUBLISHED == TOPICS


@pytest.mark.parametrize("topic", ALL)
def test_every_topic_has_a_released_version(topic: str) -> None:
    assert topic in map(topic_of, RELEASED)


@pytest.mark.parametrize("topic", ALL)
def test_a_schema_is_one_line_of_json_without_white_space_between(topic: str) -> None:
    text = schema_text(topic)
    assert "\n" not in text
    assert msgspec.json.format(text, indent=-1) == text


@pytest.mark.parametrize("topic", ALL)
def test_every_field_says_what_it_is(topic: str) -> None:
    assert all(field["doc"] for field in msgspec.json.decode(schema_text(topic))["fields"])


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_todays_version_and_every_released_one_read_each_other(path: Path) -> None:
    old, new = fastavro.parse_schema(released(path)), parsed_schema(topic_of(path))
    for writer, reader in ((old, new), (new, old)):
        body = io.BytesIO()
        fastavro.schemaless_writer(body, writer, generate_one(writer))
        body.seek(0)
        fastavro.schemaless_reader(body, writer, reader)


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_a_released_name_never_changes_its_namespace_or_its_type(path: Path) -> None:
    # Registries were seen to let both pass.
    old, new = released(path), msgspec.json.decode(schema_text(topic_of(path)))
    assert (old["namespace"], old["name"]) == (new["namespace"], new["name"])
    types = {field["name"]: field["type"] for field in new["fields"]}
    for field in old["fields"]:
        if isinstance(field["type"], str):
            assert types.get(field["name"], field["type"]) == field["type"]
