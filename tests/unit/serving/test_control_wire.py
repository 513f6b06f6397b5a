"""Callers of the control socket."""

import pytest

from market_maker.model.errors import NotFoundError
from market_maker.serving.control_wire import ControlRequest, ask, short_name


def test_where_no_service_listens_it_is_said(tmp_path):
    with pytest.raises(NotFoundError, match=r"control\.sock"):
        ask(tmp_path, ControlRequest(command="kill"))


def test_a_socket_has_a_short_name_however_deep_its_folder_lies(tmp_path):
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    with short_name(deep) as name:
        assert len(name) < 100
