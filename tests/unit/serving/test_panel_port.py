"""Where the panel listens."""

import socket
from contextlib import closing

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.serving import panel_port
from market_maker.serving.panel_port import panel_socket
from market_maker.settings import Settings, settings_of


@pytest.fixture
def taken():
    with closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_port_that_was_asked_for_and_is_taken_is_refused_by_name(taken):
    with pytest.raises(InvalidFieldError) as caught:
        panel_socket(Settings(panel_port=taken))
    assert (caught.value.field, caught.value.value) == ("PANEL_PORT", taken)


def test_without_the_variable_a_taken_port_leaves_the_service_without_a_panel():
    holder = socket.socket()
    with closing(holder):
        try:
            holder.bind(("127.0.0.1", panel_port.PANEL_PORT))
            holder.listen()
        except OSError:
            pass  # another service on this machine has it already
        assert panel_socket(Settings()) is None


def test_a_free_port_can_be_asked_for():
    settings = settings_of({"PANEL_PORT": "any"})
    found = panel_socket(settings)
    assert found is not None
    with closing(found):
        assert found.getsockname()[1] > 0
