import pytest

from market_maker.telemetry.tracing import (
    current_trace_id,
    current_traceparent,
    new_trace_id,
    trace_id_of,
    tracing,
)

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_trace_id_holds_within_its_request_and_ends_with_it() -> None:
    assert current_trace_id() == ""
    with tracing("a"):
        with tracing("b"):
            assert current_trace_id() == "b"
        assert current_trace_id() == "a"
    assert current_trace_id() == ""


def test_a_request_hands_on_the_parent_that_it_has_and_no_other_s() -> None:
    parent = f"00-{TRACE}-{SPAN}-01"
    with tracing(TRACE, parent):
        assert current_traceparent() == parent
        with tracing("b"):
            assert current_traceparent() == ""
        assert current_traceparent() == parent
    assert current_traceparent() == ""


def test_new_trace_ids_differ_and_are_32_hexadecimal_digits() -> None:
    ids = {new_trace_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in ids)


def test_the_callers_trace_goes_on() -> None:
    assert trace_id_of(f"00-{TRACE}-{SPAN}-01") == TRACE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        TRACE,
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}\r\nx-{SPAN}-01",
    ],
)
def test_a_header_that_says_nothing_readable_is_no_trace(header: str | None) -> None:
    assert trace_id_of(header) is None
