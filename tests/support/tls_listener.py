"""A server that makes a TLS handshake with whatever connects and says nothing.

It has a thread of its own: on the event loop of a test a handshake under way outlives the test, and
another test fails for it.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

LOOPBACK = "127.0.0.1"
PATIENCE_S = 60.0


@contextmanager
def tls_listener(pem: Path) -> Iterator[int]:
    """The port. pem: its certificate and key."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    is_over = Event()
    with socket.create_server((LOOPBACK, 0)) as listener:

        def shake_hands() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    if is_over.is_set():
                        return
                    connection.settimeout(PATIENCE_S)
                    with suppress(OSError), tls.wrap_socket(connection, server_side=True):
                        pass

        thread = Thread(target=shake_hands)
        thread.start()
        port = int(listener.getsockname()[1])
        try:
            yield port
        finally:
            is_over.set()
            socket.create_connection((LOOPBACK, port), PATIENCE_S).close()
            thread.join(PATIENCE_S)
