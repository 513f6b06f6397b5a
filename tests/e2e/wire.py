"""A way to a venue that can be cut, slowed down or held up, in threads of its own."""

import socket
import threading
from contextlib import suppress


class Wire:
    """exchange: anything that has a `url`."""

    def __init__(self, exchange):
        self._port = int(exchange.url.rpartition(":")[2])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open, self._is_cut = [], False
        self._flows, self._never = threading.Event(), threading.Event()
        self.delay_s = 0.0
        """How much later each request arrives."""
        self._flows.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        self._is_cut = True
        self._listener.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def hold(self):
        """Connections stay, and nothing comes through, either way."""
        self._flows.clear()

    def _accept(self):
        with suppress(OSError):
            while not self._is_cut:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                self._open += [near, far]
                for ends in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source, sink, asks):
        with suppress(OSError), source, sink:
            while piece := source.recv(64 * 1024):
                if asks:
                    self._never.wait(self.delay_s)
                self._flows.wait()
                if self._is_cut:
                    # Connections are cut one by one, and who sees the first cut may be quick.
                    return
                sink.sendall(piece)
