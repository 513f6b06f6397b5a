"""What the loop that leaps waits for in real time."""

import socket
from contextlib import ExitStack, suppress

from tests.simulation.leaping_loop import is_on_its_way


def test_a_connection_that_is_not_made_yet_is_on_its_way():
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        made = []
        for _ in range(3):
            made.append(stack.enter_context(socket.socket()))
            made[-1].setblocking(False)
            with suppress(BlockingIOError):
                made[-1].connect(listener.getsockname())
        # Nothing is accepted: the last one stands outside.
        assert is_on_its_way(made[-1].fileno())
        assert not is_on_its_way(listener.fileno())


def test_of_what_is_no_connection_nothing_is_on_its_way():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.send(b".")
        assert not is_on_its_way(ours.fileno())
