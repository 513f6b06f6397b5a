"""Folders of workers within a data directory: each has its heartbeat and its kill socket there.

Loads no more than a kill needs, which is in a hurry.
"""

from contextlib import suppress
from pathlib import Path

from market_maker.serving.control_wire import SOCKET_NAME, is_held
from market_maker.settings import Settings

FOLDER = "workers"


def worker_folder(data_dir: Path, number: int) -> Path:
    """Of one worker, counted from 1."""
    return data_dir / FOLDER / str(number)


def worker_folders(data_dir: Path) -> tuple[Path, ...]:
    """Of all workers there ever were, by number."""
    found = (path for path in (data_dir / FOLDER).glob("*") if path.name.isdecimal())
    return tuple(sorted(found, key=lambda path: int(path.name)))


def stale_folders(settings: Settings) -> tuple[Path, ...]:
    """Those in which no process of this service writes its heartbeat."""
    folders = worker_folders(settings.data_dir)
    if settings.workers == 1:
        return folders
    mine = {worker_folder(settings.data_dir, n) for n in range(1, settings.workers + 1)}
    return (settings.data_dir, *(folder for folder in folders if folder not in mine))


def kill_folders(data_dir: Path) -> tuple[Path, ...]:
    """Where a service of one process and workers listen for a kill, or should: a worker whose
    socket was removed is not left out. An edge has none."""
    folders = (data_dir, *worker_folders(data_dir))
    return tuple(
        folder
        for folder in folders
        if (folder / SOCKET_NAME).exists() or (folder != data_dir and is_held(folder))
    )


def forget_sockets(data_dir: Path) -> None:
    """Sockets that earlier processes left: no one listens there. The data are ours alone."""
    for folder in kill_folders(data_dir):
        with suppress(OSError):
            (folder / SOCKET_NAME).unlink()
