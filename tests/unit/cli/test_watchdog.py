"""`market_maker watchdog` on its own."""

import asyncio
import fcntl

import pytest

from market_maker.cli.main import run
from market_maker.cli.watchdog import _watch_all, folders_of
from market_maker.serving.heartbeat import LOCK_NAME
from market_maker.serving.worker_folders import worker_folder


@pytest.fixture(autouse=True)
def _no_order_service(monkeypatch):
    monkeypatch.delenv("ORDER_SERVICE_URL", raising=False)


def test_without_anything_to_cancel_at_once_is_done(tmp_path):
    assert run(["watchdog", "--once", "--data-dir", str(tmp_path)]) == 0


def test_two_watchdogs_on_one_service_are_one_too_many(tmp_path, capsys):
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
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        watching = group.create_task(_watch_all(tmp_path, Dog))
        while len(Dog.watched) < 2:  # noqa: ASYNC110  the disk sends no event
            await asyncio.sleep(0.01)
        third.mkdir()
        while len(Dog.watched) < 3:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.01)
        watching.cancel()
    assert Dog.watched == [tmp_path, first, third] == list(folders_of(tmp_path))
