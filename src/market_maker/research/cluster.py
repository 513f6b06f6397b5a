"""Calls carried out by the workers of a Dask cluster, through its concurrent.futures.Executor.

A worker that dies is Dask's affair: it makes the call again elsewhere. What a call returns does not
depend on where it was made, so the results are those of one process.
"""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, as_completed
from importlib import metadata
from pathlib import Path
from typing import Any

from distributed import Client
from distributed.scheduler import KilledWorker

from market_maker.model.errors import InvalidFieldError, ProcessLostError

ANSWER_WITHIN = "10s"
RETRIES = 3
"""How often a call is made again whose worker was lost."""


_ADDRESS = re.compile(r"(tcp|tls)://[^\s/:]+:[0-9]{1,5}")


class Cluster:
    """A connection to the scheduler at `address`. Raises InvalidFieldError where none answers, and
    where its workers are of another version or cannot read `folder`."""

    def __init__(self, address: str, folder: Path) -> None:
        allowed = "the address of a Dask scheduler that answers, such as tcp://127.0.0.1:8786"
        if not _ADDRESS.fullmatch(address):  # Dask waits for ever where it cannot parse one
            raise InvalidFieldError("cluster", address, allowed)
        try:
            client: Any = Client
            self._client = client(address, timeout=ANSWER_WITHIN, set_as_default=False)
        except (OSError, ValueError, TypeError, RuntimeError):
            raise InvalidFieldError("cluster", address, allowed) from None
        try:
            self._check(address, folder)
        except BaseException:
            self.close()
            raise

    def execute(self, calls: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """As run_in_processes. Raises what a call raises, and ProcessLostError."""
        executor = self._client.get_executor(retries=RETRIES, pure=False)
        futures = {
            executor.submit(call, *arguments): index
            for index, (call, arguments) in enumerate(calls)
        }
        try:
            for future in as_completed(list(futures)):
                yield futures.pop(future), future.result()
        except KilledWorker as error:
            message = f"workers of the cluster keep ending before their work does: {error}"
            raise ProcessLostError(message) from None
        except (CancelledError, OSError):
            raise ProcessLostError("the cluster was lost before the work was done") from None
        finally:
            for future in futures:
                future.cancel()
            executor.shutdown(wait=False)

    def close(self) -> None:
        """Let go of it; the cluster itself stays."""
        self._client.close(timeout=5)

    @property
    def workers(self) -> int:
        """How many there are now."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def _check(self, address: str, folder: Path) -> None:
        if not self.workers:
            raise InvalidFieldError("cluster", address, "a scheduler with at least one worker")
        ours = metadata.version("market_maker")
        for name, version in self._client.run(_version).items():
            if version != ours:
                allowed = f"workers with market_maker {ours}; {name} has {version or 'none'}"
                raise InvalidFieldError("cluster", address, allowed)
        for name, there in self._client.run(_reads, str(folder)).items():
            if not there:
                allowed = f"workers that read {folder}: a folder that all share; {name} does not"
                raise InvalidFieldError("cluster", address, allowed)


def _version() -> str:
    try:
        return metadata.version("market_maker")
    except metadata.PackageNotFoundError:
        return ""


def _reads(folder: str) -> bool:
    return Path(folder).is_dir()
