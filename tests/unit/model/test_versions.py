"""A change replaces the version that it names, or the one that stands."""

import pytest

from market_maker.model.errors import ConflictError
from market_maker.model.versions import checked_version


def test_without_a_version_what_stands_is_replaced():
    assert checked_version(4, None) == checked_version(4, 4) == 4


def test_another_version_is_a_conflict_that_says_what_stands():
    with pytest.raises(ConflictError, match="4"):
        checked_version(4, 3)
