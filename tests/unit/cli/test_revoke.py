"""`market_maker revoke`."""

import pytest

from market_maker.api.revocations import FILE_NAME, read_revoked
from market_maker.cli.main import run
from market_maker.clocks import TimeOfDay
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.settings import LOCK_NAME


@pytest.fixture(autouse=True)
def used(tmp_path):
    """A service was started on it."""
    (tmp_path / LOCK_NAME).touch()


def revoke(folder, *options):
    return run(["revoke", "--data-dir", str(folder), *options])


def test_ids_and_moments_add_up(tmp_path, capsys):
    assert revoke(tmp_path, "--id", "t-1") == 0
    assert revoke(tmp_path, "--id", "t-2") == 0
    assert revoke(tmp_path, "--subject", "eve", "--before", "2026-11-28T12:00:00Z") == 0
    assert revoke(tmp_path, "--subject", "eve", "--before", "2026-11-28T11:00:00Z") == 0
    revoked = read_revoked(tmp_path / FILE_NAME)
    assert (revoked.ids, revoked.before) == (("t-1", "t-2"), {"eve": 1_795_867_200})
    assert "2026-11-28 12:00:00" in capsys.readouterr().out


def test_all_are_refused_that_were_issued_until_now(tmp_path):
    now = TimeOfDay().now() // NANOS_PER_SECOND
    assert revoke(tmp_path, "--all") == 0
    assert now < read_revoked(tmp_path / FILE_NAME).before[""] <= now + 3


@pytest.mark.parametrize("options", [(), ("--all", "--id", "x"), ("--all", "--subject", "x")])
def test_what_is_revoked_has_to_be_said_in_one_way(tmp_path, options, capsys):
    assert revoke(tmp_path, *options) == 2
    assert "one of --id, --subject, --all" in capsys.readouterr().err


def test_a_directory_that_no_service_uses_is_refused_and_not_made(tmp_path, capsys):
    """The token that leaked would go on being accepted."""
    assert revoke(tmp_path / "another", "--all") == 2
    assert "no service uses this directory" in capsys.readouterr().err
    assert not (tmp_path / "another").exists()
