import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from market_maker.api.bearer import Bearer
from market_maker.api.problems import ProblemError
from market_maker.api.published_keys import (
    ASKED,
    CACHE_NAME,
    DOCUMENT_MAX,
    REFRESH,
    RETRY,
    WELL_KNOWN,
    PublishedKeys,
    fetch_over_http,
)
from market_maker.model.errors import InvalidDataError
from market_maker.model.units import NANOS_PER_SECOND
from tests.unit.api.issuing import AUDIENCE, ISSUER, NOW, public_jwk, token

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self, now):
        self.time = now

    def now(self):
        return self.time


class AuthService:
    """What it publishes now; None: it does not answer."""

    def __init__(self, *names):
        self.names = names
        self.asked = 0
        self.document = None

    async def fetch(self):
        self.asked += 1
        if self.names is None:
            raise InvalidDataError("auth service", "does not answer")
        keys = {"keys": [public_jwk(name) for name in self.names]}
        return self.document or json.dumps(keys).encode()


def kids(keys):
    return sorted(keys)


def names(*wanted):
    return sorted(public_jwk(name)["kid"] for name in wanted)


async def test_keys_are_read_and_read_again(tmp_path):
    service, clock = AuthService("ed"), Clock(1_000)
    keys = PublishedKeys(service.fetch, tmp_path / CACHE_NAME, clock)
    assert kids(keys) == []
    await keys.step()
    assert kids(keys) == names("ed")
    service.names = ("rsa",)
    clock.time += REFRESH - 1
    await keys.step()
    assert (kids(keys), service.asked) == (names("ed"), 1)
    clock.time += 1
    await keys.step()
    assert kids(keys) == names("rsa")
    assert keys.problem == ""


async def test_a_rotation_that_adds_a_key_for_something_else_locks_no_one_out(tmp_path):
    service, clock = AuthService("ed"), Clock(1_000)
    keys = PublishedKeys(service.fetch, tmp_path / CACHE_NAME, clock)
    await keys.step()
    foreign = public_jwk("ec") | {"kid": "mail", "use": "enc", "alg": "ECDH-ES"}
    service.document = json.dumps({"keys": [foreign, public_jwk("rsa")]}).encode()
    clock.time += REFRESH
    await keys.step()
    assert (kids(keys), keys.problem) == (names("rsa"), "")


@asynccontextmanager
async def waiting_for(keys, *key_ids):
    """Requests that wait for these keys; they are answered at the end."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(keys.look_up(key_id)) for key_id in key_ids]
        await turns()
        yield tasks


async def turns():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_key_that_was_just_published_is_read_for_the_request_that_names_it(tmp_path):
    service, clock = AuthService("ed"), Clock(1_000)
    keys = PublishedKeys(service.fetch, tmp_path / CACHE_NAME, clock)
    await keys.step()
    service.names = ("ed", "rsa")
    clock.time += ASKED
    async with waiting_for(keys, *names("ed", "rsa"), *names("rsa") * 100) as tasks:
        assert [task.done() for task in tasks[:2]] == [True, False]
        await keys.step()
    assert (kids(keys), service.asked) == (names("ed", "rsa"), 2)


async def test_key_ids_that_were_never_published_cannot_pester_the_auth_service(tmp_path):
    service, clock = AuthService("ed"), Clock(1_000)
    keys = PublishedKeys(service.fetch, tmp_path / CACHE_NAME, clock)
    await keys.step()
    for again in range(1, 4):
        async with waiting_for(keys, *(f"unknown {number}" for number in range(100))) as tasks:
            clock.time += ASKED - 1
            await keys.step()
            assert service.asked == again
            assert not any(task.done() for task in tasks)
            clock.time += 1
            await keys.step()
        assert service.asked == again + 1


async def test_a_reading_that_began_before_the_request_is_not_the_one_that_it_waits_for(tmp_path):
    service, clock = AuthService("ed"), Clock(1_000)
    let_go = asyncio.Event()

    async def slow():
        document = await service.fetch()
        await let_go.wait()
        return document

    keys = PublishedKeys(slow, tmp_path / CACHE_NAME, clock)
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(keys.step())
        await turns()
        service.names = ("ed", "rsa")
        async with waiting_for(keys, *names("rsa")) as (task,):
            let_go.set()
            await reading
            assert not task.done()
            clock.time += ASKED
            await keys.step()
    assert kids(keys) == names("ed", "rsa")


async def test_a_bearer_asks_for_the_key_of_the_token_and_for_nothing_else():
    asked = []

    async def look_up(key_id):
        asked.append(key_id)

    clock = Clock(NOW * NANOS_PER_SECOND)
    bearer = Bearer({}, ISSUER, AUDIENCE, clock, look_up=look_up)
    for given in ([], ["Bearer "], ["Bearer no.token"], [f"Bearer {token()}"] * 2):
        await bearer.prepare(given)
    await bearer.prepare(["Bearer " + "x" * 9_000 + token()])
    assert asked == []
    await bearer.prepare([f"Bearer {token()}"])
    assert asked == names("ed")


async def test_the_old_keys_hold_while_the_service_is_away_and_health_says_so(tmp_path):
    service, clock = AuthService("ed"), Clock(1_000)
    keys = PublishedKeys(service.fetch, tmp_path / CACHE_NAME, clock)
    await keys.step()
    service.names = None
    clock.time += REFRESH
    await keys.step()
    assert kids(keys) == names("ed")
    assert "does not answer" in keys.problem
    service.names = ("rsa",)
    clock.time += RETRY
    await keys.step()
    assert (kids(keys), keys.problem) == (names("rsa"), "")


@pytest.mark.parametrize("document", [b"nonsense", b"{}", b'{"keys": [{"kty": "oct"}]}'])
async def test_a_document_that_cannot_be_used_changes_nothing(tmp_path, document):
    service, clock = AuthService("ed"), Clock(1_000)
    keys = PublishedKeys(service.fetch, tmp_path / CACHE_NAME, clock)
    await keys.step()
    service.document = document
    clock.time += REFRESH
    await keys.step()
    assert kids(keys) == names("ed")
    assert keys.problem


async def test_a_restart_while_the_service_is_away_knows_the_keys_of_before(tmp_path):
    service, clock = AuthService("ed"), Clock(1_000)
    await PublishedKeys(service.fetch, tmp_path / CACHE_NAME, clock).step()
    service.names = None
    again = PublishedKeys(service.fetch, tmp_path / CACHE_NAME, clock)
    await again.step()
    assert kids(again) == names("ed")
    assert (tmp_path / CACHE_NAME).stat().st_mode & 0o077 == 0


def test_a_cache_that_cannot_be_used_is_no_cache(tmp_path):
    (tmp_path / CACHE_NAME).write_text("junk")
    assert kids(PublishedKeys(AuthService().fetch, tmp_path / CACHE_NAME, Clock(1))) == []


async def test_without_any_key_a_token_is_not_refused_but_the_service_unavailable(tmp_path):
    service, clock = AuthService("ed"), Clock(NOW * NANOS_PER_SECOND)
    keys = PublishedKeys(service.fetch, tmp_path / CACHE_NAME, clock)
    bearer = Bearer(keys, ISSUER, AUDIENCE, clock)
    header = f"Bearer {token()}"
    with pytest.raises(ProblemError) as caught:
        bearer.caller([header])
    assert caught.value.problem.status == 503
    await keys.step()
    assert bearer.caller([header]).subject


@pytest.fixture
async def served() -> AsyncIterator[tuple[str, dict[str, web.Response]]]:
    """An HTTP server that answers what is put into the dictionary."""
    answers: dict[str, web.Response] = {}

    async def answer(_request: web.Request) -> web.Response:
        return answers["now"]

    app = web.Application()
    app.router.add_get(WELL_KNOWN, answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", answers
    await runner.cleanup()


async def test_the_document_is_read_from_the_well_known_path(served):
    url, answers = served
    answers["now"] = web.Response(body=b"x" * DOCUMENT_MAX)
    assert await fetch_over_http(url + "/")() == b"x" * DOCUMENT_MAX


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 404}, "404"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}, "302"),
        ({"body": b"x" * (DOCUMENT_MAX + 1)}, "more than"),
    ],
)
async def test_other_answers_are_no_document(served, answer, words):
    url, answers = served
    answers["now"] = web.Response(**answer)
    with pytest.raises(InvalidDataError, match=words):
        await fetch_over_http(url)()


async def test_an_issuer_that_is_away_is_reported_without_the_address():
    with pytest.raises(InvalidDataError) as caught:
        await fetch_over_http("http://user:secret@127.0.0.1:1")()
    assert "secret" not in str(caught.value)
