"""A data directory that is its owner's alone."""

import os

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.serving.private_folder import private_folder


def test_a_folder_that_was_open_to_others_is_closed(tmp_path):
    folder = tmp_path / "data"
    assert not private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o755)
    assert private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_an_open_folder_of_another_user_is_refused(tmp_path, monkeypatch):
    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(InvalidDataError, match="chmod 700"):
        private_folder(tmp_path)
