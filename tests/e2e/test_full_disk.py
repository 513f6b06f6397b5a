"""A full disk under the running service: it lives, says so, pauses, and recovers with the space."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from market_maker.serving.pulse import FILE_NAME as HEARTBEAT
from market_maker.serving.pulse import PulseReader
from tests.e2e.running import STOP_S, Running
from tests.e2e.test_serve import COMMAND, SYMBOL, ok, quoting, serve, status, wait
from tests.support.machine import not_run
from tests.support.small_disk import small_disk

pytestmark = pytest.mark.slow

DISKS = pytest.mark.parametrize("mounted", [True, False], ids=["tmpfs", "limit"])
PAUSED_WITHIN_S = 60.0
ASKED_AT_ONCE = 6


def ill(service: Running) -> dict[str, str]:
    """What /health says is not ready, and why."""
    health = service.client.get("/health").json()
    assert health["status"] == "alive"
    return {n: d["detail"] for n, d in health["dependencies"].items() if not d["ready"]}


def refused(service: Running) -> bool:
    """Ask for what cannot be put on record, which takes a second to be refused; each time is a line
    of the log."""
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        path = f"/v1/pools/{SYMBOL}/resume"
        asked = [pool.submit(service.call, "POST", path) for _ in range(ASKED_AT_ONCE)]
        return all(answer.result().is_error for answer in asked)


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """A command, to its end."""
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)


def checked(data: Path) -> None:
    """The ledger holds and the audit log is whole."""
    for check in (("ledger", "check"), ("audit", "verify")):
        done = command(*check, "--data-dir", str(data))
        assert done.returncode == 0, done.stdout + done.stderr


def counted(service: Running, name: str) -> bool:
    """Whether a counter of the service is above zero."""
    address = service.client.get("/health").json()["connected"]["metrics"]
    return re.search(rf"^{name} [1-9]", httpx.get(address).text, re.MULTILINE) is not None


@contextmanager
def covered(folder: Path) -> Iterator[None]:
    """New files cannot be made in `folder`, which was writable; what is open goes on."""
    for options in (["--bind"], ["-o", "remount,bind,ro"]):
        subprocess.run(["mount", *options, str(folder), str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_folder_that_becomes_read_only_is_said_and_what_it_costs_is_known(tmp_path):
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    with small_disk(tmp_path / "disk") as disk:
        if not disk.mounted:
            not_run("no file system of its own can be mounted here")
        with Running(disk.folder, AUDIT_ANCHOR_COPY=str(copy / "heads")) as service:
            quoting(service)
            wait((copy / "heads").exists, PAUSED_WITHIN_S)
            with covered(copy), covered(service.data_dir):
                # An audited call makes an anchor due.
                ok(service.call("POST", f"/v1/pools/{SYMBOL}/pause"))
                wait(lambda: "anchors" in ill(service), PAUSED_WITHIN_S)
                assert counted(service, "mm_audit_anchor_failures_total")
                assert service.process.poll() is None
                assert "records" not in ill(service)
            wait(lambda: not ill(service), PAUSED_WITHIN_S)
            ok(service.call("POST", f"/v1/pools/{SYMBOL}/resume"))
            wait(lambda: status(service)["open_orders"] == 6, PAUSED_WITHIN_S)
            service.process.terminate()
            assert service.process.wait(STOP_S) == 0
        checked(disk.folder / "data")
        heads = [len(path.read_text().splitlines()) for path in (
            copy / "heads", disk.folder / "data" / "audit-anchors.jsonl")]  # fmt: skip
        assert min(heads) >= 2


@DISKS
def test_a_full_disk_pauses_the_pools_and_space_brings_everything_back(tmp_path, mounted):
    with small_disk(tmp_path / "disk", mounted=mounted) as disk:
        with Running(disk.folder) as service:
            quoting(service)
            disk.fill(service.process.pid)
            wait(lambda: {"records", "journal"} <= set(ill(service)), PAUSED_WITHIN_S)
            wait(lambda: status(service)["state"] == "PAUSED", PAUSED_WITHIN_S)
            wait(lambda: status(service)["open_orders"] == 0, PAUSED_WITHIN_S)
            assert counted(service, "mm_journal_turns_lost_total")
            assert "no order can be put on record" in status(service)["reason"]
            # The log lies on the same disk; the heartbeat had its space from the start.
            # Its last page takes some lines more.
            wait(lambda: refused(service) and "log" in ill(service), PAUSED_WITHIN_S)
            assert counted(service, "mm_log_lines_dropped_total")
            pulse = PulseReader(service.data_dir / HEARTBEAT)
            beat = pulse.read().beat
            wait(lambda: pulse.read().beat > beat, PAUSED_WITHIN_S)
            assert service.process.poll() is None
            disk.empty(service.process.pid)
            wait(lambda: not ill(service), PAUSED_WITHIN_S)
            ok(service.call("POST", f"/v1/pools/{SYMBOL}/resume"))
            wait(lambda: status(service)["open_orders"] == 6, PAUSED_WITHIN_S)
            service.process.terminate()
            assert service.process.wait(STOP_S) == 0
        checked(disk.folder / "data")


def test_a_data_directory_that_cannot_be_written_is_refused_in_one_line(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        if not disk.mounted:
            not_run("no file system of its own can be mounted here")
        remount = ["mount", "-o", "remount,ro", str(disk.folder)]
        subprocess.run(remount, check=True)
        for folder in (disk.folder, disk.folder / "new"):
            done = serve(folder)
            assert done.returncode == 2
            assert done.stderr.startswith(f"error: {folder}: is no directory to write to: ")
            assert done.stderr.count("\n") == 1


READERS = (
    ("db", "check"),
    ("ledger", "check"),
    ("audit", "verify"),
    ("audit", "head"),
    ("audit", "replay"),
    ("outbox", "status"),
)
"""Commands that change nothing."""


def test_what_only_reads_works_in_a_directory_that_cannot_be_written(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        if not disk.mounted:
            not_run("no file system of its own can be mounted here")
        with Running(disk.folder) as service:
            quoting(service)
            killed = disk.folder / "killed"
            killed.mkdir(0o700)
            for name in ("market_maker.db", "market_maker.db-wal"):
                shutil.copy2(service.data_dir / name, killed / name)
            service.process.terminate()
            assert service.process.wait(STOP_S) == 0
        subprocess.run(["mount", "-o", "remount,ro", str(disk.folder)], check=True)
        for words in READERS:
            done = command(*words, "--data-dir", str(disk.folder / "data"))
            assert done.returncode == 0, done.stdout + done.stderr
        copy = tmp_path / "copy"
        done = command("backup", str(copy), "--data-dir", str(disk.folder / "data"))
        assert done.returncode == 0, done.stdout + done.stderr
        checked(copy)
        # What only a recovery could read is said, and not taken for all there is.
        done = command("ledger", "check", "--data-dir", str(killed))
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "market_maker.db-wal: holds changes" in done.stderr
