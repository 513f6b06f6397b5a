"""A body that has two lengths, on a connection that goes on after it."""

import asyncio

from market_maker.serving.listeners import Listener, listen
from tests.support.patient_loop import patient

WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SMUGGLED = (
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + WHOLE
)


async def never(_scope, _receive, _send):
    raise AssertionError("nothing of it comes in")


def test_a_body_with_two_lengths_is_refused_and_the_connection_closed():
    async def play():
        with listen("HTTP_PORT", "127.0.0.1", 0) as socket:
            server = Listener(never, socket)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(server.run_until_told())
                reader, writer = await asyncio.open_connection(*socket.getsockname())
                writer.write(SMUGGLED)
                answer = await reader.read()
                writer.close()
                server.should_exit = True
        return answer

    answer = patient(play())
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"connection: close" in answer
    assert answer.count(b"HTTP/1.1") == 1
