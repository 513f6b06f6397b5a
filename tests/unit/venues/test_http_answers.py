"""Answers are read as h11 reads them, however they are cut; what is not clear is none."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.venues.http_answers import (
    HEAD_MAX,
    AnswerReader,
    HttpAnswer,
    UnreadableAnswerError,
)

BODY_MAX = 1_000


def reader():
    return AnswerReader(BODY_MAX)


def plain(status, body, *headers):
    lines = [f"HTTP/1.1 {status} Reason", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(status, pieces, *trailer):
    head = f"HTTP/1.1 {status} Reason\r\ntransfer-encoding: Chunked\r\n\r\n".encode()
    body = b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head + body + b"0\r\n" + b"".join(line + b"\r\n" for line in trailer) + b"\r\n"


STATUSES = st.sampled_from([200, 201, 202, 400, 404, 409, 429, 500, 503])
BODIES = st.binary(max_size=60)
ONE = st.one_of(
    st.builds(plain, STATUSES, BODIES, st.just("X-Other: a, b"), st.just("connection: keep-alive")),
    st.builds(chunked, STATUSES, st.lists(st.binary(min_size=1, max_size=20), max_size=4)),
    st.builds(lambda: chunked(200, [b"a"], b"X-Trailer: 1")),
    st.builds(lambda: b"HTTP/1.1 204 No Content\r\n\r\n"),
    st.builds(lambda: b"HTTP/1.1 100 Continue\r\n\r\n" + plain(201, b"after it")),
)


def as_h11(stream, count):
    """What another implementation makes of the same bytes."""
    client, found = h11.Connection(h11.CLIENT), []
    client.receive_data(stream)
    for _ in range(count):
        client.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
        client.send(h11.EndOfMessage())
        status, body = 0, b""
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
        found.append(HttpAnswer(status, body))
        client.start_next_cycle()
    return found


@given(st.lists(ONE, min_size=1, max_size=4), st.data())
def test_answers_are_what_h11_reads_however_they_are_cut(answers, data):
    stream = b"".join(answers)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    ours, read = reader(), []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        read += ours.feed(stream[begin:end])
    assert read == as_h11(stream, len(answers))
    assert not ours.begun
    assert not ours.closes


@given(st.lists(ONE, min_size=1, max_size=3))
def test_answers_may_come_byte_by_byte(answers):
    stream = b"".join(answers)
    ours, read = reader(), []
    for position in range(len(stream)):
        read += ours.feed(stream[position : position + 1])
    assert read == as_h11(stream, len(answers))


@given(st.binary(max_size=200), st.data())
def test_what_is_no_answer_is_refused_or_waited_for(noise, data):
    """Also spoilt in the middle: nothing else is raised, and no body is longer than it may be."""
    answer = data.draw(ONE)
    place = data.draw(st.integers(0, len(answer)))
    ours = reader()
    try:
        found = ours.feed(answer[:place] + noise + answer[place:])
    except UnreadableAnswerError:
        return
    assert all(len(each.body) <= BODY_MAX for each in found)


@pytest.mark.parametrize(
    "head",
    [
        "HTTP/2 200 OK\r\nContent-Length: 0",
        "HTTP/1.1 20 OK\r\nContent-Length: 0",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "HTTP/1.1 200 OK\r\nContent-Length: -1",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1",
        "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket",
        "<html>",
    ],
)
def test_a_head_that_may_be_read_in_two_ways_is_none(head):
    with pytest.raises(UnreadableAnswerError):
        reader().feed(head.encode() + b"\r\n\r\n")


@pytest.mark.parametrize("body", [b"zz\r\n", b"-1\r\n", b"1\r\nabc", b"1 1\r\n", b"\r\n"])
def test_a_chunk_that_is_none_is_refused(body):
    ours = reader()
    with pytest.raises(UnreadableAnswerError):
        ours.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)


@pytest.mark.parametrize(
    "begin",
    [
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ],
)
def test_a_head_without_an_end_is_not_kept_for_ever(begin):
    with pytest.raises(UnreadableAnswerError):
        reader().feed(begin + b"a" * (HEAD_MAX + 1))


@pytest.mark.parametrize(
    "answer",
    [
        plain(201, b"a" * (BODY_MAX + 1)),
        b"HTTP/1.1 201 OK\r\nContent-Length: 999999999\r\n\r\n",
        chunked(201, [b"a" * BODY_MAX, b"a"]),
        b"HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + b"a" * 2_000,
        b"HTTP/1.1 201 OK\r\n\r\n" + b"a" * (BODY_MAX + 1),
    ],
)
def test_a_body_that_is_too_long_is_empty_and_ends_the_connection(answer):
    ours = reader()
    assert ours.feed(answer + plain(200, b"not read")) == [HttpAnswer(201, b"")]
    assert ours.closes


def test_a_body_of_the_greatest_length_is_kept():
    body = b"a" * BODY_MAX
    assert reader().feed(plain(200, body)) == [HttpAnswer(200, body)]
    assert reader().feed(chunked(200, [body])) == [HttpAnswer(200, body)]


@pytest.mark.parametrize(
    ("head", "closes"),
    [
        ("HTTP/1.1 200 OK\r\nConnection: close", True),
        ("HTTP/1.1 200 OK\r\nConnection: Keep-Alive, Close", True),
        ("HTTP/1.0 200 OK", True),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive", False),
        ("HTTP/1.1 200 OK", False),
        ("HTTP/1.1 200 OK\r\nX-Connection: close", False),
    ],
)
def test_whether_more_can_come_is_what_the_answer_says(head, closes):
    ours, answer = reader(), f"{head}\r\nContent-Length: 1\r\n\r\na".encode()
    assert ours.feed(answer) == [HttpAnswer(200, b"a")]
    assert ours.closes == closes
    assert ours.feed(answer) == [HttpAnswer(200, b"a")] * (not closes)


def test_what_follows_an_answer_and_is_none_costs_the_connection_and_not_the_answer():
    ours = reader()
    assert ours.feed(plain(200, b"a") + b"what?") == [HttpAnswer(200, b"a")]
    assert ours.closes
    assert ours.begun


def test_a_body_without_a_length_lasts_to_the_end_of_the_connection():
    ours = reader()
    assert ours.feed(b"HTTP/1.1 200 OK\r\n\r\nab") == []
    assert ours.feed(b"c") == []
    assert ours.end() == HttpAnswer(200, b"abc")


@pytest.mark.parametrize("stream", [b"", b"HTTP/1.1 200 OK\r\n", plain(200, b"abc")[:-1]])
def test_an_answer_that_was_cut_off_is_none(stream):
    ours = reader()
    assert ours.feed(stream) == []
    assert ours.begun == bool(stream)
    assert ours.end() is None
