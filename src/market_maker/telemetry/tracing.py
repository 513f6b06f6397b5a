"""Which request a thing belongs to: an id that goes from the caller through the logs, the audit
log and the problem details; and, where a collector is configured, spans.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TRACEPARENT = "traceparent"
"""W3C trace context: how a caller says to which trace its request belongs."""

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})", re.ASCII)
_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16
_TRACE_ID: ContextVar[str] = ContextVar("trace_id", default="")
_PARENT: ContextVar[str] = ContextVar("traceparent", default="")


def current_trace_id() -> str:
    """Of the request that is being served: 32 hexadecimal digits; empty outside of any."""
    return _TRACE_ID.get()


def current_traceparent() -> str:
    """Of that request, for spans of what it leads to in another process; empty where it has
    none."""
    return _PARENT.get()


def new_trace_id() -> str:
    """A new one, never used before."""
    return secrets.token_hex(16)


def derived_trace_id(*parts: object) -> str:
    """Of the request that is being served; outside of any, one that is always the same for the
    same thing, so that all lines about one order belong together."""
    return current_trace_id() or hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def trace_id_of(traceparent: str | None) -> str | None:
    """The caller's trace id, or None where there is none that can be read."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found is None or found[1] == _NO_TRACE or found[2] == _NO_SPAN:
        return None
    return found[1]


@contextmanager
def tracing(trace_id: str, traceparent: str | None = None) -> Iterator[None]:
    """Everything within belongs to `trace_id`. traceparent: of the request, where it has one."""
    token, parent = _TRACE_ID.set(trace_id), _PARENT.set(traceparent or "")
    try:
        yield
    finally:
        _PARENT.reset(parent)
        _TRACE_ID.reset(token)
