"""The client and the schemas before a real registry."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from market_maker.model.errors import (
    RegistryUnavailableError,
    SchemaRefusedError,
    SchemaUnknownError,
)
from market_maker.topics.registry import SchemaRegistry
from market_maker.topics.schema_files import CONSUMED, PUBLISHED, schema_text, subject
from tests.java_servers import JavaServer, Registry, running_registry
from tests.servers import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

TOPICS = (*PUBLISHED, *CONSUMED)
RELEASED = {
    path.stem: path.read_text("utf-8").strip()
    for path in sorted((Path(__file__).parents[2] / "golden" / "schemas").glob("*.avsc"))
}
PATIENT_S = 60.0


@pytest.fixture
def schemas(registry: Registry) -> SchemaRegistry:
    return SchemaRegistry(registry.url, timeout_s=PATIENT_S)


def changed(topic: str, *fields: dict[str, Any]) -> str:
    schema = msgspec.json.decode(schema_text(topic))
    schema["fields"] += fields
    return msgspec.json.encode(schema).decode()


@pytest.mark.parametrize("topic", TOPICS)
async def test_a_registered_schema_has_one_number_by_which_its_text_is_found(
    schemas: SchemaRegistry, registry: Registry, topic: str
) -> None:
    number = await schemas.register(topic)
    assert await schemas.register(topic) == await schemas.id_of(topic) == number
    stranger = SchemaRegistry(registry.url, timeout_s=PATIENT_S)
    assert msgspec.json.decode(await stranger.text_of(number)) == msgspec.json.decode(
        schema_text(topic)
    )


@pytest.mark.parametrize("topic", TOPICS)
async def test_a_new_version_may_add_what_has_a_default_and_nothing_else(
    schemas: SchemaRegistry, topic: str
) -> None:
    await schemas.register(topic)
    assert await schemas.fits(topic, changed(topic, {"name": "n", "type": "int", "default": 0}))
    assert not await schemas.fits(topic, changed(topic, {"name": "n", "type": "int"}))


async def test_a_version_that_drops_a_field_without_default_is_not_registered(
    schemas: SchemaRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = PUBLISHED[0]
    await schemas.register(topic)
    less = msgspec.json.decode(schema_text(topic))
    less["fields"] = [field for field in less["fields"] if field["name"] != "reason"]
    monkeypatch.setattr(
        "market_maker.topics.registry.schema_text", lambda _: msgspec.json.encode(less).decode()
    )
    with pytest.raises(SchemaRefusedError, match=r"mm\.state\.changed\.v1"):
        await schemas.register(topic)


def number_as(kind: str, default: object) -> str:
    return changed(PUBLISHED[0], {"name": "n", "type": kind, "default": default})


async def test_a_version_fits_every_earlier_one_and_not_the_last_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between an `n` that is a number and one that is a text lies a version without it."""
    topic, plain = PUBLISHED[0], schema_text(PUBLISHED[0])
    with running_registry() as own:
        schemas = SchemaRegistry(own.url, timeout_s=PATIENT_S)
        for text in (number_as("int", 0), plain):
            monkeypatch.setattr("market_maker.topics.registry.schema_text", lambda _, it=text: it)
            await schemas.register(topic)
        assert await schemas.fits(topic, number_as("int", 0))
        assert not await schemas.fits(topic, number_as("string", ""))


async def test_a_subject_under_a_weaker_rule_does_not_take_what_does_not_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic = PUBLISHED[0]
    with running_registry() as own:
        schemas = SchemaRegistry(own.url, timeout_s=PATIENT_S)
        first = await schemas.register(topic)
        await asked(own, "PUT", f"/config/{subject(topic)}", {"compatibility": "NONE"})
        worse = changed(topic, {"name": "n", "type": "int"})
        monkeypatch.setattr("market_maker.topics.registry.schema_text", lambda _: worse)
        with pytest.raises(SchemaRefusedError, match=r"mm\.state\.changed\.v1"):
            await schemas.register(topic)
        monkeypatch.undo()
        assert await schemas.register(topic) == first
        rule = await asked(own, "GET", f"/config/{subject(topic)}")
        assert "FULL_TRANSITIVE" in rule.values()


async def asked(registry: Registry, method: str, path: str, body: object = None) -> Any:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, registry.url + path, json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()
        return await answer.json(content_type=None)


@pytest.mark.parametrize("version", RELEASED)
async def test_the_registry_takes_every_released_version_beside_todays(
    schemas: SchemaRegistry, version: str
) -> None:
    topic = version.rpartition(".")[0]
    await schemas.register(topic)
    assert await schemas.fits(topic, RELEASED[version])


async def test_a_schema_that_is_not_registered_is_named_with_the_command_that_registers_it() -> (
    None
):
    wanted = "`market_maker schemas register`"
    with running_registry() as empty, pytest.raises(SchemaUnknownError, match=wanted):
        await SchemaRegistry(empty.url, timeout_s=PATIENT_S).id_of(PUBLISHED[0])


async def test_a_number_that_was_never_given_out_is_unknown(schemas: SchemaRegistry) -> None:
    with pytest.raises(SchemaUnknownError, match="there is no schema 999999"):
        await schemas.text_of(999_999)


async def test_an_address_without_a_listener_is_named_without_its_password() -> None:
    where = f"127.0.0.1:{free_port()}"
    said = f"SCHEMA_REGISTRY_URL http://{where}: no answer"
    with pytest.raises(RegistryUnavailableError, match=said) as refusal:
        await SchemaRegistry(f"http://user:hush@{where}").ping()
    assert "hush" not in str(refusal.value)


async def test_a_server_that_is_no_registry_is_recognised(registry: Registry) -> None:
    wrong = SchemaRegistry(f"http://{registry.address}/elsewhere", timeout_s=PATIENT_S)
    with pytest.raises(RegistryUnavailableError, match="is it a schema registry's address"):
        await wrong.id_of(PUBLISHED[0])


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (401, "it does not let us in: is the user in the address right?"),
        (403, "it does not let us in"),
        (429, "it is asked too often"),
        (500, "it fails"),
        (503, "it fails"),
        (301, "is it a schema registry's address?"),
    ],
)
async def test_what_a_refusal_means_is_said_without_what_the_server_says(
    status: int, meaning: str
) -> None:
    async def refused(_request: web.Request) -> web.Response:
        return web.Response(status=status, text="a page about hush", headers={"Location": "/x"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refused)
    async with TestServer(app) as server:
        address = f"127.0.0.1:{server.port}"
        schemas = SchemaRegistry(f"http://user:hush@{address}", timeout_s=PATIENT_S)
        for asked in (schemas.id_of(PUBLISHED[0]), schemas.text_of(1), schemas.ping()):
            with pytest.raises(RegistryUnavailableError) as problem:
                await asked
            assert str(problem.value).startswith(f"SCHEMA_REGISTRY_URL http://{address}: {status} ")
            assert meaning in str(problem.value)
            assert "hush" not in str(problem.value)
            assert "page" not in str(problem.value)


@pytest.mark.parametrize("status", [200, 404])
async def test_lists_in_lists_are_no_answer(status: int) -> None:
    async def nested(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=b"[" * 5_000)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", nested)
    async with TestServer(app) as server:
        schemas = SchemaRegistry(f"http://127.0.0.1:{server.port}", timeout_s=PATIENT_S)
        with pytest.raises(RegistryUnavailableError, match="SCHEMA_REGISTRY_URL"):
            await schemas.text_of(1)


async def test_a_broker_is_no_registry(kafka: JavaServer) -> None:
    with pytest.raises(RegistryUnavailableError, match=r"SCHEMA_REGISTRY_URL http\S+: no answer"):
        await SchemaRegistry(f"http://{kafka.address}").ping()


async def test_an_answer_that_comes_in_pieces_is_read_to_its_end() -> None:
    body = msgspec.json.encode([f"subject-{number}" for number in range(1_000)])

    async def in_pieces(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        for begin in range(0, len(body), 1_000):
            writer.write(body[begin : begin + 1_000])
            await writer.drain()
            # What follows is written when this was read.
            await asyncio.sleep(0)
        writer.close()

    async with await asyncio.start_server(in_pieces, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await SchemaRegistry(f"http://127.0.0.1:{port}", timeout_s=PATIENT_S).ping()
