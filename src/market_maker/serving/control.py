"""The control socket: a way to kill that shares nothing with HTTP: no port, no token, no pool of
connections, no database. Only the owner of the data directory may use it."""

import asyncio
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec

from market_maker.model.caller import Caller, Role
from market_maker.model.errors import DomainError
from market_maker.operations.views import EmergencyView, StoppedView
from market_maker.serving.control_wire import (
    REQUEST_MAX,
    SOCKET_NAME,
    ControlAnswer,
    ControlRequest,
    KilledPool,
    short_name,
)
from market_maker.telemetry.logging import Logger

CONSOLE = Caller("console", (Role.ADMIN,), "console")
"""A person with the service's own account on its machine."""

LINE_WITHIN_S = 5.0
CALLERS_MAX = 16
"""Callers whose line has not come yet; one more, and the oldest of them is cut: a kill gets in
however many say nothing."""
BACKLOG = 128
OWNER_ONLY = 0o600

_CREDENTIALS = struct.Struct("3i")
"""Of a peer, as Linux has them: process, user, group."""


class Killing(Protocol):
    """What the socket is for."""

    async def kill(self, caller: Caller, reason: str = "", symbol: str = "") -> EmergencyView:
        """Engines HALTED, orders cancelled. Raises NotFoundError for a symbol without one."""


class ControlSocket:
    """Listens in the data directory while `run` does."""

    def __init__(self, data_dir: Path, controls: Killing, log: Logger) -> None:
        self._data_dir, self._controls, self._log = data_dir, controls, log
        # In the order in which they came: dict keeps it.
        self._unheard: dict[asyncio.StreamWriter, None] = {}

    async def run(self) -> None:
        """Until cancelled. Raises OSError where there can be no socket."""
        path = self._data_dir / SOCKET_NAME
        # The data are ours alone (serve.lock): what lies there was left by a process that died.
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            with short_name(self._data_dir) as name:
                listener.bind(name)
            path.chmod(OWNER_ONLY)
            server = await asyncio.start_unix_server(
                self._serve, sock=listener, limit=REQUEST_MAX, backlog=BACKLOG
            )
            try:
                async with server:
                    await server.serve_forever()
            finally:
                path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._unheard) >= CALLERS_MAX:
            oldest = next(iter(self._unheard))
            del self._unheard[oldest]
            oldest.transport.abort()
        self._unheard[writer] = None
        try:
            answer = await self._answer(reader, writer)
            writer.write(msgspec.json.encode(answer) + b"\n")
            async with asyncio.timeout(LINE_WITHIN_S):
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            # A caller that went away, never finished its line, or does not read.
            writer.transport.abort()
        finally:
            self._unheard.pop(writer, None)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> ControlAnswer:
        async with asyncio.timeout(LINE_WITHIN_S):
            line = await reader.readline()
        self._unheard.pop(writer, None)
        if not _is_ours(writer.get_extra_info("socket")):
            return ControlAnswer(error="only the service's own account may use this socket")
        try:
            request = msgspec.json.decode(line, type=ControlRequest)
        except msgspec.MsgspecError as error:
            return ControlAnswer(error=f"the request cannot be read: {error}")
        if request.command != "kill":
            return ControlAnswer(error=f"command: {request.command!r}; allowed: kill")
        self._log.warning("kill requested on the control socket", symbol=request.symbol)
        try:
            view = await self._controls.kill(CONSOLE, request.reason, request.symbol)
        except DomainError as error:
            return ControlAnswer(error=str(error))
        return ControlAnswer(recorded=view.recorded, pools=tuple(map(_killed, view.pools)))


def _killed(view: StoppedView) -> KilledPool:
    return KilledPool(
        symbol=view.symbol,
        state=view.state,
        cancelled=len(view.cancelled),
        still_open=len(view.still_open),
        unconfirmed=view.cancel_unconfirmed,
        error=view.error,
        unproved=view.unproved,
    )


def _is_ours(caller: socket.socket) -> bool:
    """Whether the process at the other end runs under our account, or the system's."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        # Elsewhere the mode of socket and folder has to do.
        return True
    packed = caller.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(packed)
    return user in {0, os.geteuid()}
