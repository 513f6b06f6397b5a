"""Answers of an HTTP/1.1 server on one connection, one after another: bytes in, answers out.

httptools (llhttp) reads them. What it is not asked to refuse and may be read in two ways is refused
here, because an answer that is read wrongly would be taken for that of the next request: such a
connection is of no use any more.
"""

import httptools
from msgspec import Struct

HEAD_MAX = 16 * 1024
"""Status line and headers, and what a chunked body has beside its content."""

LENGTH_DIGITS = 15
_FINAL, _SWITCHED = 200, 101
_BODILESS = (204, 304)


class UnreadableAnswerError(Exception):
    """What arrived is no answer, or may be read in two ways."""


class HttpAnswer(Struct, frozen=True):
    """body: empty where it was longer than a reader takes."""

    status: int
    body: bytes


class _TooLongError(Exception):
    """A body that is longer than a reader takes."""


class AnswerReader:
    """Answers in the order in which they arrive. body_max: bytes of a body that are kept.
    closes: nothing that can be used comes after the last answer. begun: a part of one has come."""

    def __init__(self, body_max: int) -> None:
        self._body_max = body_max
        self._parser = httptools.HttpResponseParser(self)
        self._found: list[HttpAnswer] = []
        self.closes = False
        self._forget()

    def _forget(self) -> None:
        self.begun = False
        self._status = 0
        self._beside = 0
        self._lengths: list[bytes] = []
        self._codings: list[bytes] = []
        self._body = bytearray()

    def feed(self, data: bytes) -> list[HttpAnswer]:
        """What has become complete. Raises UnreadableAnswerError."""
        if data and not self.closes:
            self._read(data)
        found, self._found = self._found, []
        return found

    def _read(self, data: bytes) -> None:
        before = len(self._found)
        content = len(self._body)
        self.begun = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            # After an answer that ends the connection nothing is read.
            if not self.closes:
                self._refuse(error)
        if len(self._found) == before:
            self._beside += len(data) - (len(self._body) - content)
        if self._beside > HEAD_MAX:
            raise UnreadableAnswerError("a head without an end")

    def _refuse(self, error: Exception) -> None:
        cause = error.__context__
        if isinstance(cause, _TooLongError):
            # The rest is not waited for.
            self._found.append(HttpAnswer(self._status, b""))
            self._forget()
        elif not self._found:
            raise UnreadableAnswerError(str(cause or error)) from error
        self.closes = True

    def end(self) -> HttpAnswer | None:
        """The connection has ended: an answer whose body lasts until then is complete."""
        lasts = self._status >= _FINAL and not self._lengths and not self._codings
        return HttpAnswer(self._status, bytes(self._body)) if lasts else None

    # what httptools calls

    def on_message_begin(self) -> None:
        """Another answer."""
        self._forget()
        self.begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """One line of a head, or of what follows a chunked body."""
        if self._status:
            return
        kind = name.lower()
        if kind == b"content-length":
            self._lengths.append(value)
        elif kind == b"transfer-encoding":
            self._codings.append(value.strip().lower())

    def on_headers_complete(self) -> None:
        """The body begins."""
        status = self._parser.get_status_code()
        if status == _SWITCHED:
            raise UnreadableAnswerError("another protocol")
        if len(self._lengths) + len(self._codings) > 1 or self._codings not in ([], [b"chunked"]):
            raise UnreadableAnswerError("the length of the body is not clear")
        self._status, self._beside = status, 0
        for length in self._lengths:
            if len(length) > LENGTH_DIGITS:
                raise UnreadableAnswerError("the length of the body is too great")
            if int(length) > self._body_max and status not in _BODILESS:
                raise _TooLongError

    def on_body(self, content: bytes) -> None:
        """Some of it."""
        self._body += content
        if len(self._body) > self._body_max:
            raise _TooLongError

    def on_message_complete(self) -> None:
        """The answer is whole. Interim ones are passed over."""
        if self._status >= _FINAL:
            self._found.append(HttpAnswer(self._status, bytes(self._body)))
            self.closes = not self._parser.should_keep_alive()
        self._forget()
