"""The service's end of the heartbeat."""

import asyncio
import fcntl
import shutil
from pathlib import Path

import pytest

from market_maker.ports.dead_man import WatchedAccount
from market_maker.serving import heartbeat
from market_maker.serving.heartbeat import LOCK_NAME, Heartbeat, is_watched
from market_maker.serving.pulse import FILE_NAME, PulseReader, PulseState
from tests.support.office import SYMBOL, Office

pytestmark = pytest.mark.anyio

ACME = WatchedAccount(SYMBOL, "acme")
BETA = WatchedAccount(SYMBOL, "beta")


class Lines:
    venue, deaf_at = "order_service", ("",)

    def __init__(self, *accounts):
        self.watched = lambda: accounts


async def beats(folder, office, accounts, recovered):
    """What stands in the file after some beats."""
    heart = Heartbeat(folder, office.engine_host, office.clock, Lines(*accounts))
    if recovered:
        heart.recovered()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(heart.run())
        reader = PulseReader(folder / FILE_NAME)
        start = reader.read().beat if reader.read() else 0
        async with asyncio.timeout(60):
            while (said := reader.read()) is None or said.beat < start + 2:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        running.cancel()
    return heart, said


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.002)


async def test_it_says_how_the_loop_and_the_engines_go_on(office: Office, tmp_path) -> None:
    await office.quoting()
    _, said = await beats(tmp_path, office, (ACME,), recovered=True)
    assert (said.state, said.open_orders, said.accounts) == (PulseState.SERVING, 4, (ACME,))
    assert said.last_turn > 0
    assert said.deaf
    assert said.deaf_at == ("",)


async def test_until_it_has_recovered_the_accounts_of_the_process_before_are_named(
    office: Office, tmp_path
) -> None:
    await beats(tmp_path, office, (ACME,), recovered=True)
    heart, said = await beats(tmp_path, office, (BETA,), recovered=False)
    assert (said.state, said.accounts) == (PulseState.STARTING, (ACME, BETA))
    heart.end(proved=True)
    assert PulseReader(tmp_path / FILE_NAME).read().state is PulseState.ENDED
    heart.end(proved=False)
    assert PulseReader(tmp_path / FILE_NAME).read().state is PulseState.UNPROVED


async def test_accounts_are_put_in_order_when_they_change_and_not_with_every_beat(
    office: Office, tmp_path
) -> None:
    lines = Lines(BETA, ACME)
    heart = Heartbeat(tmp_path, office.engine_host, office.clock, lines)
    first, second = (heart._pulse(PulseState.SERVING).accounts for _ in range(2))
    assert first == (ACME, BETA)
    assert second is first
    lines.watched = lambda: (BETA,)
    assert heart._pulse(PulseState.SERVING).accounts == (BETA,)


async def test_a_watchdog_is_seen_while_it_watches(tmp_path) -> None:
    assert not is_watched(tmp_path)
    with (tmp_path / LOCK_NAME).open("ab") as lock:
        assert not is_watched(tmp_path)
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert is_watched(tmp_path)
    assert not is_watched(tmp_path)


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"")])
async def test_a_file_that_is_removed_or_cut_is_made_anew(office: Office, tmp_path, harm) -> None:
    """A watchdog would cancel against a service that is alive; writing to a file that was cut short
    would end the process (SIGBUS)."""
    path = tmp_path / FILE_NAME
    heart = Heartbeat(tmp_path, office.engine_host, office.clock, Lines(ACME))
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(heart.run())
        while PulseReader(path).read() is None:  # noqa: ASYNC110  a file sends no event
            await asyncio.sleep(0.001)
        harm(path)
        while PulseReader(path).read() is None:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.001)
        running.cancel()


async def test_a_folder_that_is_gone_does_not_end_the_service(office: Office, tmp_path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    heart = Heartbeat(folder, office.engine_host, office.clock, Lines(ACME))
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(heart.run())
        while PulseReader(folder / FILE_NAME).read() is None:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.001)
        shutil.rmtree(folder)
        await asyncio.sleep(0.02)
        folder.mkdir()
        while PulseReader(folder / FILE_NAME).read() is None:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.001)
        running.cancel()
