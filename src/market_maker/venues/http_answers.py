"""Answers of an HTTP/1.1 server on one connection, one after another: bytes in, answers out.

Strict where two readings are possible, because an answer that is read wrongly would be taken for
that of the next request: such a connection is of no use any more.
"""

import re

from msgspec import Struct

HEAD_MAX = 16 * 1024
"""Status line and headers, and what a chunked body has beside its content."""

_HEAD_ENDS = b"\r\n\r\n"
_LINE_ENDS = b"\r\n"
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [^\r\n]*)?(?:\r\n|\Z)")
_FIELDS = re.compile(
    rb"\r\n(content-length|transfer-encoding|connection)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*(?=\r\n|\Z)",
    re.IGNORECASE,
)
_DIGITS = re.compile(rb"[0-9]{1,15}")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,12})[ \t]*(?:;[^\r\n]*)?")
_BODILESS = (204, 304)
_FINAL, _SWITCHED = 200, 101


class UnreadableAnswerError(Exception):
    """What arrived is no answer, or may be read in two ways."""


class HttpAnswer(Struct, frozen=True):
    """body: empty where it was longer than a reader takes."""

    status: int
    body: bytes


class AnswerReader:
    """Answers in the order in which they arrive. body_max: bytes of a body that are kept.
    closes: nothing that can be used comes after the last answer. begun: a part of one has come."""

    def __init__(self, body_max: int) -> None:
        self._body_max = body_max
        self._buffer = bytearray()
        self._status = 0
        self._left = 0
        self._chunked = self._to_end = self._closing = False
        self._body = bytearray()
        self.closes = False

    @property
    def begun(self) -> bool:
        """As above."""
        return bool(self._status or self._buffer)

    def feed(self, data: bytes) -> list[HttpAnswer]:
        """What has become complete. Raises UnreadableAnswerError."""
        self._buffer += data
        found = []
        while (answer := self._next()) is not None:
            found.append(answer)
        if self.closes:
            self._buffer.clear()
        return found

    def end(self) -> HttpAnswer | None:
        """The connection has ended: an answer whose body lasts until then is complete."""
        return self._done() if self._status and self._to_end else None

    def _next(self) -> HttpAnswer | None:
        if self.closes:
            return None
        if not self._status and not self._read_head():
            return None
        if self._chunked:
            return self._read_chunks()
        return self._read_plain()

    def _read_head(self) -> bool:
        """Whether there is one. Interim answers are passed over."""
        while True:
            end = self._buffer.find(_HEAD_ENDS)
            if end < 0:
                self._check_room("a head without an end")
                return False
            head = bytes(self._buffer[:end])
            del self._buffer[: end + len(_HEAD_ENDS)]
            line = _STATUS.match(head)
            if line is None:
                raise UnreadableAnswerError("no status line")
            status = int(line[2])
            if status == _SWITCHED:
                raise UnreadableAnswerError("another protocol")
            if status >= _FINAL:
                self._begin(status, line[1] == b"0", head)
                return True

    def _begin(self, status: int, is_old: bool, head: bytes) -> None:
        fields = [(name.lower(), value.lower()) for name, value in _FIELDS.findall(head)]
        lengths = {value for name, value in fields if name == b"content-length"}
        codings = [value for name, value in fields if name == b"transfer-encoding"]
        words = [value for name, value in fields if name == b"connection"]
        connection = {word.strip() for value in words for word in value.split(b",")}
        self._closing = b"close" in connection or (is_old and b"keep-alive" not in connection)
        if len(lengths) + len(codings) > 1 or codings not in ([], [b"chunked"]):
            raise UnreadableAnswerError("the length of the body is not clear")
        has_body = status not in _BODILESS
        self._status, self._left = status, _length(lengths) if has_body else 0
        self._chunked = bool(codings) and has_body
        self._to_end = has_body and not codings and not lengths

    def _read_plain(self) -> HttpAnswer | None:
        wanted = len(self._buffer) if self._to_end else min(self._left, len(self._buffer))
        if len(self._body) + (wanted if self._to_end else self._left) > self._body_max:
            return self._too_long()
        self._body += self._buffer[:wanted]
        del self._buffer[:wanted]
        self._left -= wanted
        return None if self._to_end or self._left > 0 else self._done()

    def _read_chunks(self) -> HttpAnswer | None:
        """_left: of the chunk that is being read, with its line end; 0 between two."""
        while not self._left or self._read_chunk():
            if len(self._body) > self._body_max:
                return self._too_long()
            end = self._buffer.find(_LINE_ENDS)
            if end < 0:
                self._check_room("a chunk without a size")
                return None
            size = _CHUNK.fullmatch(self._buffer[:end])
            if size is None:
                raise UnreadableAnswerError("no size of a chunk")
            length = int(size[1], 16)
            if not length:
                return self._read_trailer(end)
            del self._buffer[: end + len(_LINE_ENDS)]
            self._left = length + len(_LINE_ENDS)
        return self._too_long() if len(self._body) > self._body_max else None

    def _read_chunk(self) -> bool:
        """What has come of it; whether that is all."""
        part = self._buffer[: self._left]
        del self._buffer[: len(part)]
        self._left -= len(part)
        self._body += part
        if self._left:
            return False
        if not self._body.endswith(_LINE_ENDS):
            raise UnreadableAnswerError("a chunk without an end")
        del self._body[-len(_LINE_ENDS) :]
        return True

    def _read_trailer(self, size_ends: int) -> HttpAnswer | None:
        """Headers after the last chunk, most often none; its size line stays until they end."""
        end = self._buffer.find(_HEAD_ENDS, size_ends)
        if end < 0:
            self._check_room("headers without an end")
            return None
        del self._buffer[: end + len(_HEAD_ENDS)]
        return self._done()

    def _check_room(self, problem: str) -> None:
        if len(self._buffer) > HEAD_MAX:
            raise UnreadableAnswerError(problem)

    def _too_long(self) -> HttpAnswer:
        """The rest is not waited for."""
        self._body.clear()
        self._closing = True
        return self._done()

    def _done(self) -> HttpAnswer:
        answer = HttpAnswer(self._status, bytes(self._body))
        self._body.clear()
        self._status, self.closes = 0, self._closing
        return answer


def _length(lengths: set[bytes]) -> int:
    """0 where none is named."""
    for length in lengths:
        if _DIGITS.fullmatch(length) is None:
            raise UnreadableAnswerError("no length")
        return int(length)
    return 0
