"""`market_maker watchdog` on its own."""

import asyncio
import fcntl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from msgspec import structs

from market_maker.cli import watchdog
from market_maker.cli.main import run
from market_maker.cli.watchdog import (
    _has_heartbeat,
    _keep_asking,
    _miss_heartbeat,
    _until_made,
    _watch_all,
    beats_on,
    folders_of,
)
from market_maker.model.errors import VenueRefusedError
from market_maker.serving.heartbeat import LOCK_NAME
from market_maker.serving.life import locked
from market_maker.serving.pulse import FILE_NAME, PulseFile
from market_maker.serving.worker_folders import worker_folder
from tests.unit.serving.test_watchdog import SAID


@pytest.fixture(autouse=True)
def _no_order_service(monkeypatch):
    for name in ("ORDER_SERVICE_URL", "WATCHDOG_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def beat(folder, **said):
    with PulseFile(folder / FILE_NAME) as file:
        file.write(structs.replace(SAID, **said))


def test_without_anything_to_cancel_at_once_is_done_and_says_why(tmp_path, capsys):
    beat(tmp_path, venue="sandbox", accounts=())
    assert run(["watchdog", "--once", "--data-dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said == "nothing is open; cancels at nothing: the sandbox ends with the service\n"


def test_at_once_without_anything_to_cancel_with_proves_nothing(tmp_path, capsys):
    beat(tmp_path)
    assert run(["watchdog", "--once", "--data-dir", str(tmp_path)]) == 1
    assert "set ORDER_SERVICE_URL" in capsys.readouterr().out


@pytest.mark.parametrize("environ", [{}, {"ORDER_SERVICE_URL": "http://127.0.0.1:9"}])
def test_at_once_in_a_folder_that_is_not_there_is_refused_and_makes_nothing(
    tmp_path, capsys, monkeypatch, environ
):
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    assert run(["watchdog", "--once", "--data-dir", str(tmp_path / "nope")]) == 2
    assert "there is no such directory: give the one that is used" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.anyio
async def test_a_folder_that_is_not_there_yet_is_waited_for_and_not_made(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(watchdog, "DISCOVER_S", 0.001)
    folder = tmp_path / "later"
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        waiting = group.create_task(_until_made(folder))
        while not (said := capsys.readouterr().err):  # noqa: ASYNC110  nor does a page
            await asyncio.sleep(0.001)
        assert not folder.exists()
        folder.mkdir()
        await waiting
    assert f"{folder}: there is no such directory yet" in said


@pytest.mark.anyio
@pytest.mark.parametrize("within", ["", "workers/2"])
async def test_at_once_beside_a_service_that_is_alive_is_refused(tmp_path, within):
    """It cancelled for ever what the pools placed for ever."""
    folder = tmp_path / within
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder), PulseFile(folder / FILE_NAME) as file:
        file.write(SAID)
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(beats_on(tmp_path, 600))
            while not asked.done():
                file.write(SAID)
                await asyncio.sleep(0.001)
        assert asked.result()


@pytest.mark.anyio
async def test_at_once_a_service_that_hangs_or_is_dead_is_swept(tmp_path):
    beat(tmp_path)
    assert not await beats_on(tmp_path, 600)
    with locked(tmp_path):
        assert not await beats_on(tmp_path, 0.01)


def test_two_watchdogs_on_one_service_are_one_too_many(tmp_path, capsys):
    beat(tmp_path)
    with (tmp_path / LOCK_NAME).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run(["watchdog", "--once", "--data-dir", str(tmp_path)]) == 2
    assert "is watched by another" in capsys.readouterr().err


@pytest.mark.parametrize("patience", ["0", "61", "never"])
def test_a_patience_that_is_none_is_refused(tmp_path, patience):
    assert run(["watchdog", "--patience", patience, "--data-dir", str(tmp_path)]) == 2


class Dog:
    """watched: every folder that one was made for, in order."""

    watched: list = []  # noqa: RUF012  one test's

    def __init__(self, folder):
        self.watched.append(folder)

    async def run(self):
        await asyncio.Event().wait()


@pytest.mark.anyio
async def test_every_worker_is_watched_and_one_that_comes_later_too(tmp_path):
    first, third = (worker_folder(tmp_path, number) for number in (1, 3))
    first.mkdir(parents=True)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        watching = group.create_task(_watch_all(tmp_path, Dog))
        while len(Dog.watched) < 2:  # noqa: ASYNC110  the disk sends no event
            await asyncio.sleep(0.01)
        third.mkdir()
        while len(Dog.watched) < 3:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.01)
        watching.cancel()
    assert Dog.watched == [tmp_path, first, third] == list(folders_of(tmp_path))


class Order(BaseHTTPRequestHandler):
    """An order service that answers everything with the server's `status`."""

    def do_GET(self):
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def order_service(monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), Order) as server:
        server.status = 404
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("ORDER_SERVICE_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("WATCHDOG_TOKEN", "its-own-secret")
        yield server
        server.shutdown()
        thread.join()


def test_a_credential_that_is_refused_is_said_at_the_start(tmp_path, capsys, order_service):
    order_service.status = 401
    assert run(["watchdog", "--data-dir", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "WATCHDOG_TOKEN" in said
    assert "401" in said
    assert "its-own-secret" not in said


@pytest.mark.usefixtures("order_service")
def test_at_once_in_a_folder_without_a_heartbeat_proves_nothing(tmp_path, capsys):
    assert run(["watchdog", "--once", "--data-dir", str(tmp_path)]) == 1
    assert list(tmp_path.iterdir()) == []
    said = capsys.readouterr().err
    assert f"no heartbeat in {tmp_path}" in said
    assert "whose orders to cancel is not known" in said


def test_a_file_of_another_kind_is_no_heartbeat(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"another file" * 1_000)
    assert not _has_heartbeat(tmp_path)
    with PulseFile(tmp_path / FILE_NAME) as file:
        file.write(SAID)
    assert _has_heartbeat(tmp_path)


class Lines:
    def __init__(self):
        self.said = []

    def __getattr__(self, level):
        return lambda event, **_: self.said.append(event)


@pytest.mark.anyio
async def test_a_folder_in_which_no_service_beats_is_said_until_one_does(tmp_path, monkeypatch):
    for name in ("MISSED_S", "DISCOVER_S"):
        monkeypatch.setattr(watchdog, name, 0.001)
    lines = Lines()
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(_miss_heartbeat(tmp_path, lines))
        while not lines.said:  # noqa: ASYNC110  a list sends no event
            await asyncio.sleep(0.001)
        with PulseFile(tmp_path / FILE_NAME) as file:
            file.write(SAID)
    assert lines.said == ["no heartbeat", "heartbeat found"]
    await _miss_heartbeat(tmp_path, lines)
    assert lines.said == ["no heartbeat", "heartbeat found"]


class Fickle:
    """Refuses the second and third time."""

    asked = 0

    async def introduce(self):
        self.asked += 1
        if self.asked in {2, 3}:
            raise VenueRefusedError("refused (HTTP 401)")


@pytest.mark.anyio
async def test_a_credential_that_is_taken_back_is_said_once(monkeypatch):
    monkeypatch.setattr(watchdog, "ASK_S", 0.001)
    lines, fickle = Lines(), Fickle()
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        asking = group.create_task(_keep_asking(fickle, lines))
        while fickle.asked < 6:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.001)
        asking.cancel()
    assert lines.said == ["watchdog's credential refused", "watchdog's credential taken again"]
