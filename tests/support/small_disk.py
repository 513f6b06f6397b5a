"""A file system that a test can fill up and empty again, for a process of its own.

A tmpfs where this process may mount one, as root may. Elsewhere a limit of file sizes stands for
it: set to 0 for the running process, every write that would make a file longer fails, too.
"""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE_MB = 24
PIECE = 1 << 16


class SmallDisk:
    """folder: where it is. mounted: whether it is a tmpfs of its own."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self.folder, self.mounted = folder, mounted
        self._filler = folder / "filler"

    def fill(self, pid: int) -> None:
        """Nothing more can be written, at least by process `pid`."""
        if not self.mounted:
            limit_files(pid, 0)
            return
        with self._filler.open("ab", buffering=0) as filler:
            for piece in (PIECE, 1):
                try:
                    while filler.write(bytes(piece)):
                        pass
                except OSError:
                    continue

    def empty(self, pid: int) -> None:
        """There is space again."""
        if self.mounted:
            self._filler.unlink()
        else:
            limit_files(pid, resource.RLIM_INFINITY)


def limit_files(pid: int, size: int) -> None:
    """No file of process `pid` grows beyond `size` bytes."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


@contextmanager
def small_disk(folder: Path, *, mounted: bool = True) -> Iterator[SmallDisk]:
    """In `folder`, which is made. mounted: a tmpfs where it can be had."""
    folder.mkdir(mode=0o700)
    options = f"size={SIZE_MB}m,mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", options, "market_maker_test", str(folder)]
    can = mounted and os.geteuid() == 0
    if not can or subprocess.run(command, capture_output=True, check=False).returncode:
        yield SmallDisk(folder, mounted=False)
        return
    try:
        yield SmallDisk(folder, mounted=True)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
