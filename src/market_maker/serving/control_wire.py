"""What travels over the control socket: one line of JSON there, one back. For the service and its
callers; loads nothing else, because a kill is in a hurry."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from market_maker.model.errors import NoProofError, NotFoundError
from market_maker.settings import LOCK_NAME

SOCKET_NAME = "control.sock"
LINE_MAX = 16 * 1024 * 1024
REQUEST_MAX = 4_096
ANSWER_WITHIN_S = 10.0

OTHERWISE = (
    "Kill by REST (POST /v1/mm/emergency/kill), or end the service: SIGTERM cancels and proves, "
    "and after SIGKILL `market_maker watchdog --once` does"
)

_BY_DESCRIPTOR = Path("/proc/self/fd")


class ControlRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """command: kill. symbol: one pool, empty for all. reason: why, for the audit log."""

    command: str
    symbol: str = ""
    reason: str = ""


class KilledPool(Struct, frozen=True, kw_only=True):
    """What a kill did to one pool; counts of orders. cancelled: gone, also by a fill.
    still_open: not proved gone yet; unproved: why not."""

    symbol: str
    state: str
    cancelled: int
    still_open: int
    unconfirmed: bool
    error: str = ""
    unproved: str = ""


class ControlAnswer(Struct, frozen=True, kw_only=True):
    """error: why it was refused, empty when it was done. recorded: whether the audit log has it
    already."""

    error: str = ""
    recorded: bool = False
    pools: tuple[KilledPool, ...] = ()


@contextmanager
def short_name(data_dir: Path) -> Iterator[str]:
    """The socket's path, short enough for the operating system however deep the folder lies."""
    folder = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        near = _BY_DESCRIPTOR / str(folder) / SOCKET_NAME
        yield str(near if _BY_DESCRIPTOR.is_dir() else data_dir / SOCKET_NAME)
    finally:
        os.close(folder)


def ask(data_dir: Path, request: ControlRequest) -> ControlAnswer:
    """Ask the service on `data_dir`. Raises NotFoundError where none runs, NoProofError where it
    does not listen or does not answer in time."""
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with caller:
        caller.settimeout(ANSWER_WITHIN_S)
        try:
            with short_name(data_dir) as name:
                caller.connect(name)
            caller.sendall(msgspec.json.encode(request) + b"\n")
            line = _line(caller)
        except TimeoutError:
            problem = f"did not answer within {ANSWER_WITHIN_S:.0f} s"
            raise _no_proof(data_dir, problem) from None
        except OSError:
            if is_held(data_dir):
                raise _no_proof(data_dir, f"runs, but not with its {SOCKET_NAME}") from None
            raise NotFoundError("service that listens on", str(data_dir / SOCKET_NAME)) from None
    try:
        return msgspec.json.decode(line, type=ControlAnswer)
    except msgspec.MsgspecError:
        raise _no_proof(data_dir, "sent no readable answer") from None


def _no_proof(data_dir: Path, problem: str) -> NoProofError:
    return NoProofError(f"the service on {data_dir}", problem, OTHERWISE)


def is_held(data_dir: Path) -> bool:
    """Whether a process runs there: its socket may have been removed."""
    try:
        file = (data_dir / LOCK_NAME).open("rb")
    except OSError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _line(caller: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) < LINE_MAX:
        piece = caller.recv(64 * 1024)
        if not piece:
            break
        line += piece
    return line
