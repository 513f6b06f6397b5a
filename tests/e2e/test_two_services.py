"""Two services on one PostgreSQL: the second is refused, who loses the lock stops."""

import asyncio
import os
import subprocess

import asyncpg
import pytest

from market_maker.storage.tenancy import SERVICE_LOCK
from tests.e2e.drill import ExchangeProcess
from tests.e2e.running import Running
from tests.e2e.test_serve import COMMAND, quoting, serve, status, wait
from tests.servers import postgresql

LOCKS = f"pg_locks WHERE locktype = 'advisory' AND objid = {SERVICE_LOCK}"
END_HOLDER = f"SELECT pg_terminate_backend((SELECT pid FROM {LOCKS} AND granted))"  # noqa: S608

__all__ = ["postgresql"]
pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgresql, request) -> str:
    """Of a database with tables."""
    url = asyncio.run(postgresql.create(f"two_{abs(hash(request.node.name))}"))
    subprocess.run(
        [*COMMAND, "db", "upgrade"],
        env=os.environ | {"POSTGRES_URL": url},  # noqa: TID251  for a child
        check=True,
        capture_output=True,
    )
    return url


def asked(url: str, statement: str):
    """What PostgreSQL answers."""

    async def ask():
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_the_second_service_is_refused_in_one_line_until_the_first_is_gone(tmp_path, url):
    for name in ("one", "two"):
        (tmp_path / name).mkdir(mode=0o700)
    with Running(tmp_path / "one", POSTGRES_URL=url) as first:
        done = serve(tmp_path / "two", POSTGRES_URL=url)
        assert done.returncode == 2
        assert done.stderr.startswith("error: postgresql://")
        assert "is in use by another market_maker serve" in done.stderr
        assert done.stderr.count("\n") == 1
        quoting(first)
        first.process.kill()
        first.process.wait(60)
    with Running(tmp_path / "two", POSTGRES_URL=url) as second:
        assert status(second)["reason"] == "restarted; was ACTIVE"


def started_in(folder, **settings: str) -> subprocess.Popen:
    """A service with its data and its log in a folder of its own."""
    folder.mkdir(mode=0o700)
    known = {"HTTP_PORT": "any", "METRICS_PORT": "any", "MM_DATA_DIR": str(folder / "data")}
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*COMMAND, "serve"],
            env=os.environ | known | settings,  # noqa: TID251  for a child
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_of_services_that_start_at_once_one_serves_and_each_other_is_refused_in_one_line(
    tmp_path, url, workers
):
    with ExchangeProcess(tmp_path) as exchange:
        settings = {"POSTGRES_URL": url, "ORDER_SERVICE_URL": exchange.url, "MM_WORKERS": workers}
        folders = [tmp_path / str(number) for number in range(4)]
        started = [started_in(folder, **settings) for folder in folders]
        try:
            said = [each.stdout.readline() for each in started]
            serving = [n for n, line in enumerate(said) if "market_maker serves at" in line]
            assert len(serving) == 1, said
            for number, process in enumerate(started):
                if number not in serving:
                    assert process.wait(60) == 2
                    (line,) = (folders[number] / "log").read_text().splitlines()
                    assert line.startswith("error: postgresql://")
                    assert "is in use by another market_maker serve" in line
            assert asked(url, "SELECT count(*) FROM mm_workers") == int(workers)
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(60)
                process.stdout.close()


def test_who_loses_the_lock_and_finds_it_free_proves_it_again_and_quotes_on(tmp_path, url):
    with Running(tmp_path, POSTGRES_URL=url) as service:
        quoting(service)
        assert asked(url, END_HOLDER)
        wait(lambda: asked(url, f"SELECT count(*) FROM {LOCKS}") == 1)  # noqa: S608
        wait(lambda: service.client.get("/health").json()["ready"])
        assert status(service)["state"] == "ACTIVE"
        wait(lambda: status(service)["open_orders"] == 6)


def test_who_finds_the_lock_in_other_hands_ends_with_nothing_open(tmp_path, url):
    async def take_over(service: Running) -> int:
        other, hand = await asyncpg.connect(url), await asyncpg.connect(url)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(other.fetchval(f"SELECT pg_advisory_lock({SERVICE_LOCK})"))
                while await hand.fetchval(f"SELECT count(*) FROM {LOCKS}") < 2:  # noqa: ASYNC110, S608
                    await asyncio.sleep(0.02)
                assert await hand.fetchval(END_HOLDER)
            return await asyncio.to_thread(service.process.wait, 30)
        finally:
            await other.close()
            await hand.close()

    with Running(tmp_path, POSTGRES_URL=url) as service:
        quoting(service)
        assert asyncio.run(take_over(service)) == 1
    log = service.log.read_text()
    assert "in use by another market_maker serve" in log
    assert log.endswith("nothing is left open on the venue\n")


def test_a_service_that_ends_in_order_is_followed_at_once(tmp_path, url):
    for name in ("one", "two"):
        (tmp_path / name).mkdir(mode=0o700)
    with Running(tmp_path / "one", POSTGRES_URL=url) as first:
        quoting(first)
    assert asked(url, "SELECT count(*) FROM mm_workers") == 0
    assert asked(url, "SELECT count(*) FROM mm_symbol_owners WHERE worker IS NOT NULL") == 0
    with Running(tmp_path / "two", POSTGRES_URL=url):
        assert asked(url, "SELECT count(*) FROM mm_workers") == 1
        assert asked(url, "SELECT count(worker) FROM mm_symbol_owners") == 1


def test_while_postgresql_is_away_nothing_quotes_and_health_says_so(tmp_path, url, postgresql):
    with Running(tmp_path, POSTGRES_URL=url) as service:
        quoting(service)
        postgresql.stop()
        wait(lambda: not service.client.get("/health").json()["dependencies"]["tenancy"]["ready"])
        killed = service.call("POST", "/v1/mm/emergency/kill")
        assert killed.status_code == 200, killed.text
        assert [pool["still_open"] for pool in killed.json()["pools"]] == [[]]
        postgresql.start()
        wait(lambda: service.client.get("/health").json()["ready"])
        assert status(service)["state"] == "HALTED"
