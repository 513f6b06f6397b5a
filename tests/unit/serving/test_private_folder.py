"""A data directory that is its owner's alone."""

import os

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.serving.private_folder import check_closable, private_folder


def test_a_folder_that_was_open_to_others_is_closed(tmp_path):
    folder = tmp_path / "data"
    assert not private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o755)
    assert private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["serve.lock", "market_maker.db", "market-making-config.yaml"])
def test_one_that_a_service_uses_is_closed_with_all_that_is_in_it(tmp_path, name):
    tmp_path.chmod(0o755)
    (tmp_path / name).touch()
    (tmp_path / "another").touch()
    assert private_folder(tmp_path)


def test_one_that_others_may_read_and_that_holds_other_files_is_left_alone(tmp_path):
    """It may be /tmp, or another service's: closing it would end what others do there."""
    tmp_path.chmod(0o755)
    (tmp_path / "lost+found").mkdir()
    check_closable(tmp_path)
    (tmp_path / "postgresql.conf").touch()
    with pytest.raises(InvalidDataError, match="holds other files and may be read by others"):
        private_folder(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    tmp_path.chmod(0o700)
    assert not private_folder(tmp_path)


def test_an_open_folder_of_another_user_is_refused(tmp_path, monkeypatch):
    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(InvalidDataError, match="chmod 700"):
        private_folder(tmp_path)
