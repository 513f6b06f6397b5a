"""What travels over the control socket: one line of JSON there, one back. For the service and its
callers; loads nothing else, because a kill is in a hurry."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from market_maker.model.errors import InvalidDataError, NotFoundError

SOCKET_NAME = "control.sock"
LINE_MAX = 16 * 1024 * 1024
REQUEST_MAX = 4_096
ANSWER_WITHIN_S = 10.0

_BY_DESCRIPTOR = Path("/proc/self/fd")


class ControlRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """command: kill. symbol: one pool, empty for all. reason: why, for the audit log."""

    command: str
    symbol: str = ""
    reason: str = ""


class KilledPool(Struct, frozen=True, kw_only=True):
    """What a kill did to one pool; counts of orders. still_open: not proved gone yet."""

    symbol: str
    state: str
    cancelled: int
    still_open: int
    unconfirmed: bool
    error: str = ""


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
    """Ask the service on `data_dir`. Raises NotFoundError where none listens, InvalidDataError
    where it does not answer in time."""
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with caller:
        caller.settimeout(ANSWER_WITHIN_S)
        try:
            with short_name(data_dir) as name:
                caller.connect(name)
            caller.sendall(msgspec.json.encode(request) + b"\n")
            line = _line(caller)
        except TimeoutError:
            problem = f"did not answer within {ANSWER_WITHIN_S:.0f} s: orders may be open"
            raise InvalidDataError(f"the service on {data_dir}", problem) from None
        except OSError:
            raise NotFoundError("service that listens on", str(data_dir / SOCKET_NAME)) from None
    try:
        return msgspec.json.decode(line, type=ControlAnswer)
    except msgspec.MsgspecError:
        problem = "sent no readable answer: orders may be open"
        raise InvalidDataError(f"the service on {data_dir}", problem) from None


def _line(caller: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) < LINE_MAX:
        piece = caller.recv(64 * 1024)
        if not piece:
            break
        line += piece
    return line
