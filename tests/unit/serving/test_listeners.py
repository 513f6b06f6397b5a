"""Sockets: ours before anything starts, or an error that names the port."""

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.serving.listeners import listen


def test_port_zero_is_any_free_port() -> None:
    with listen("HTTP_PORT", "127.0.0.1", 0) as listener:
        assert listener.getsockname()[1] > 0


def test_a_taken_port_is_named_with_its_variable() -> None:
    with listen("HTTP_PORT", "127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidFieldError, match=f"127.0.0.1:{port} is taken") as caught:
            listen("METRICS_PORT", "127.0.0.1", port)
    assert (caught.value.field, caught.value.value) == ("METRICS_PORT", port)


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(InvalidFieldError, match="HTTP_PORT"):
        listen("HTTP_PORT", "203.0.113.1", 0)
