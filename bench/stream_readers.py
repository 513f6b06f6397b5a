"""Readers of the live stream that cost next to nothing: one thread, no HTTP client. They accept
what browsers accept; bytes are counted as they come, events in what they hold, and all is thrown
away. Says `listening` once each has had its first picture, then, at the end, as JSON, what all of
them got."""

import argparse
import json
import selectors
import socket
import time
import zlib
from typing import Any
from urllib.parse import urlsplit

BUFFER = bytearray(1 << 20)
FIRST_WITHIN_S = 30.0
REQUEST = (
    "GET /v1/stream?hz={hz}&seconds={seconds} HTTP/1.1\r\nHost: {host}\r\n"
    "Accept: text/event-stream\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n"
)
LINE_END = b"\r\n"
PACKED = b"content-encoding: deflate"


class ReaderSocket:
    """One reader. received: bytes as they came; events: those whose first line came whole."""

    def __init__(self, address: tuple[str, int], request: bytes) -> None:
        self.socket = socket.create_connection(address)
        self.socket.sendall(request)
        self.socket.setblocking(False)
        self.received = self.events = 0
        self._rest = bytearray()
        self._in_head = True
        self._inflate: Any = None

    def take(self) -> bool:
        """What has arrived; False at the end of the stream."""
        try:
            size = self.socket.recv_into(BUFFER)
        except BlockingIOError:
            return True
        self.received += size
        self._rest += BUFFER[:size]
        if self._in_head:
            head, found, self._rest = self._rest.partition(2 * LINE_END)
            if not found:
                self._rest = head
                return size > 0
            self._in_head = False
            self._inflate = zlib.decompressobj() if PACKED in head.lower() else None
        while chunk := self._chunk():
            text = chunk if self._inflate is None else self._inflate.decompress(chunk)
            self.events += text.count(b"event: ")
        return size > 0

    def _chunk(self) -> bytes:
        """The next one of the answer that came whole; empty where none has, and at its end."""
        length, found, _ = self._rest.partition(LINE_END)
        if not found:
            return b""
        begin, size = len(length) + len(LINE_END), int(length, 16)
        if len(self._rest) < begin + size + len(LINE_END):
            return b""
        chunk = bytes(self._rest[begin : begin + size])
        del self._rest[: begin + size + len(LINE_END)]
        return chunk


def listened(base: str, readers: int, hz: int, seconds: int) -> dict[str, int]:
    """Read so long, or until the service ends the streams."""
    where = urlsplit(base)
    request = REQUEST.format(hz=hz, seconds=seconds, host=where.netloc).encode()
    address = (where.hostname or "", where.port or 80)
    opened = [ReaderSocket(address, request) for _ in range(readers)]
    waiting = selectors.DefaultSelector()
    for each in opened:
        waiting.register(each.socket, selectors.EVENT_READ, each)
    all_begun, first_until, until = False, time.monotonic() + FIRST_WITHIN_S, float("inf")
    while waiting.get_map() and time.monotonic() < min(until, first_until):
        for key, _ in waiting.select(timeout=1.0):
            if not key.data.take():
                waiting.unregister(key.data.socket)
        if not all_begun and all(each.events > 1 for each in opened):
            print("listening", flush=True)
            all_begun, first_until, until = True, float("inf"), time.monotonic() + seconds
    return {
        "bytes": sum(each.received for each in opened),
        "events": sum(each.events for each in opened),
        "least": min((each.events for each in opened), default=0),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stream_readers", description=__doc__)
    parser.add_argument("base")
    parser.add_argument("--readers", type=int, required=True)
    parser.add_argument("--hz", type=int, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    options = parser.parse_args()
    heard = listened(options.base, options.readers, options.hz, options.seconds)
    print(json.dumps(heard), flush=True)


if __name__ == "__main__":
    main()
