"""A connection of two parts that can be cut: a TCP proxy on loopback, on a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Self

LOOPBACK = "127.0.0.1"
CHUNK = 65_536
ANSWER_S = 60.0


class Cut(StrEnum):
    """RESET: every connection is closed, and each new one at once. HANG: bytes stand still in both
    directions, and connections are taken and lead nowhere, as behind a firewall that drops."""

    RESET = "reset"
    HANG = "hang"


class TcpProxy:
    """Carries bytes to `target` (a port on loopback) while it is not cut. port: where it listens,
    chosen by the system unless it is given."""

    def __init__(self, target: int, port: int = 0) -> None:
        self._target = target
        self._cut: Cut | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(lambda: asyncio.start_server(self._carry, LOOPBACK, port))
        self.port = int(self._server.sockets[0].getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_S)
        self._loop.close()

    def cut(self, how: Cut) -> None:
        """Until `heal`."""

        async def cut() -> None:
            self._cut = how
            if how is Cut.HANG:
                self._flowing.clear()
            else:
                self._close_all()

        self._do(cut)

    def heal(self) -> None:
        """Bytes flow again; connections that were reset have to be made anew."""

        async def heal() -> None:
            self._cut = None
            self._flowing.set()

        self._do(heal)

    def _do(self, work: Callable[[], Awaitable[object]]):
        async def done():
            return await work()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(ANSWER_S)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(OSError):
            await self._flowing.wait()
            if self._cut is not Cut.RESET:
                await self._joined(reader, writer)
        self._close(writer)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(LOOPBACK, self._target)
        self._writers.add(back)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pump(reader, back, writer))
            tasks.create_task(self._pump(there, writer, back))

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        other: asyncio.StreamWriter,
    ) -> None:
        """One direction; its end is the end of both."""
        with contextlib.suppress(OSError):
            while content := await reader.read(CHUNK):
                await self._flowing.wait()
                writer.write(content)
                await writer.drain()
        self._close(writer)
        self._close(other)

    def _close_all(self) -> None:
        for writer in tuple(self._writers):
            self._close(writer)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.transport.abort()

    async def _end(self) -> None:
        self._server.close()
        self._flowing.set()
        self._close_all()
        waiting = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
