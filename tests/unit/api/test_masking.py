"""Viewers see the end of an identity, and of a short one nothing."""

import pytest

from market_maker.api.masking import masked, sees_identities
from market_maker.model.caller import Caller, Role


@pytest.mark.parametrize(
    ("identity", "shown"),
    [("account-1234", "…1234"), ("123456789", "…6789"), ("12345678", "…"), ("", "…")],
)
def test_more_than_half_of_an_identity_stays_hidden(identity, shown):
    assert masked(identity) == shown


def test_every_role_but_viewer_sees_identities():
    seeing = {role for role in Role if sees_identities(Caller("ann", (role,), "t"))}
    assert seeing == {*Role} - {Role.VIEWER}
    assert sees_identities(Caller("ann", (Role.VIEWER, Role.FINANCE), "t"))
