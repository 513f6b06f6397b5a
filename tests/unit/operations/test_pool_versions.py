"""A version is read from the record of the call that made it."""

from decimal import Decimal

import pytest

from tests.support.office import ANN, SYMBOL, config

pytestmark = pytest.mark.anyio


async def test_a_version_names_its_fields_as_text_and_not_its_members(office):
    pools = office.application.pools
    await pools.put(ANN, config())
    await pools.put(ANN, config(gamma=Decimal("0.20"), use_toxicity=True))
    second, first = await office.application.story.versions(SYMBOL)
    assert "members" not in {change.field for change in first.changed}
    assert {change.field: (change.before, change.after) for change in second.changed} == {
        "gamma": (format(config().gamma, "f"), "0.20"),
        "use_toxicity": ("false", "true"),
    }
