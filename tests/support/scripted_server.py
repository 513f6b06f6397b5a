"""An HTTP server that answers when it is made to, and a courier to it."""

import asyncio
from contextlib import asynccontextmanager

from market_maker.ports.connections import UNCOUNTED
from market_maker.venues.courier import Courier
from market_maker.venues.courier_connections import CONNECTIONS_MAX, LineTerms
from market_maker.venues.courier_line import CourierReply

OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok"
ONE_BYTE = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
TAKEN = CourierReply(202, b"ok")
PATIENCE_S = 60.0


class Server:
    """A server that answers when it is made to. asked: every request line, with the number of its
    connection. ended: connections that were closed at the other end."""

    def __init__(self):
        self.asked, self.heads, self.writers = [], [], []
        self.answer, self.ended, self.tasks = OK, 0, []
        self._news = asyncio.Event()

    async def serve(self, reader, writer):
        number = len(self.writers)
        self.writers.append(writer)
        self.tasks.append(asyncio.current_task())
        self._news.set()
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = head.lower().partition("content-length: ")[2].partition("\r")[0]
                await reader.readexactly(int(length or 0))
                self.heads.append(head)
                self.asked.append((number, head.partition(" HTTP/1.1")[0]))
                self._news.set()
                if self.answer:
                    writer.write(self.answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.ended += 1
            self._news.set()
        finally:
            writer.close()

    async def until(self, condition):
        """Wait until it holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def says(self, number, *answers):
        self.writers[number].write(b"".join(answers))


@asynccontextmanager
async def server_at(user="", path="", *, connections=CONNECTIONS_MAX, watch=UNCOUNTED, **options):
    made = Server()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        address = f"http://{user}127.0.0.1:{port}{path}"
        terms = LineTerms(most=connections, timeout_s=PATIENCE_S, watch=watch)
        async with Courier(address, terms=terms, **options) as courier:
            yield made, courier
        await asyncio.gather(*made.tasks)


def soon():
    return asyncio.get_running_loop().time() + 60


def lines_of(made):
    return [what for _, what in made.asked]


async def ready(made, courier, count=1):
    """So many idle connections."""
    await asyncio.gather(*(courier.order("/warm", b"{}", soon()) for _ in range(count)))
    await made.until(lambda: len(made.writers) >= count)
    made.asked.clear()
