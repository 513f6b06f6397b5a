"""Tokens that are accepted no longer."""

import pytest

from market_maker.api.bearer import Bearer
from market_maker.api.keys import load_key_set
from market_maker.api.problems import ProblemError
from market_maker.api.revocations import (
    FILE_NAME,
    Revocations,
    Revoked,
    read_revoked,
    write_revoked,
)
from market_maker.clocks import SimClock
from market_maker.model.errors import InvalidDataError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from tests.unit.api.issuing import AUDIENCE, ISSUER, NOW, token, write_key_set


@pytest.fixture
def auth(tmp_path):
    clock = SimClock(Nanos(NOW * NANOS_PER_SECOND))
    keys = load_key_set(write_key_set(tmp_path))
    return Bearer(keys, ISSUER, AUDIENCE, clock, revocations=Revocations(tmp_path))


def believed(auth, **claims):
    try:
        auth.caller([f"Bearer {token(**claims)}"])
    except ProblemError as error:
        return "revoked" not in error.problem.detail
    return True


def test_a_token_is_refused_by_its_id_from_the_next_request_on(auth, tmp_path):
    assert believed(auth, jti="t-1")
    write_revoked(tmp_path / FILE_NAME, Revoked(ids=("t-1",)))
    assert not believed(auth, jti="t-1")
    assert believed(auth, jti="t-2")


def test_all_of_a_person_or_of_all_people_before_a_moment_are_refused(auth, tmp_path):
    write_revoked(tmp_path / FILE_NAME, Revoked(before={"ops-jane": NOW + 1}))
    assert not believed(auth)
    assert believed(auth, iat=NOW + 1)
    assert believed(auth, sub="ops-joe")
    write_revoked(tmp_path / FILE_NAME, Revoked(before={"": NOW + 1}))
    assert not believed(auth, sub="ops-joe")


def test_a_list_that_becomes_unreadable_leaves_the_last_one_in_force(tmp_path):
    write_revoked(tmp_path / FILE_NAME, Revoked(ids=("t-1",)))
    revocations = Revocations(tmp_path)
    (tmp_path / FILE_NAME).write_text("{")
    assert revocations.names("t-1", "x", NOW)
    assert "no list of revoked tokens" in revocations.problem
    write_revoked(tmp_path / FILE_NAME, Revoked(ids=("t-1", "t-2")))
    assert revocations.names("t-2", "x", NOW)
    assert revocations.problem == ""


def test_a_service_does_not_start_on_a_list_that_it_cannot_read(tmp_path):
    (tmp_path / FILE_NAME).write_text('{"ids": 1}')
    with pytest.raises(InvalidDataError, match="revoked"):
        Revocations(tmp_path)


def test_the_list_is_its_owners_alone(tmp_path):
    write_revoked(tmp_path / FILE_NAME, Revoked())
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_list_that_never_ends_is_refused_by_its_size(tmp_path):
    path = tmp_path / "revoked.json"
    path.symlink_to("/dev/zero")
    with pytest.raises(InvalidDataError, match="larger than"):
        read_revoked(path)
