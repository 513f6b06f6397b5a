"""The benchmark of estimates runs on estimates as they are."""

import pytest

from bench import estimators

pytestmark = pytest.mark.slow


def test_every_estimate_is_measured(capsys):
    estimators.show(estimators.measured(steps=2_000))
    out = capsys.readouterr().out
    for name in estimators.TOPS | estimators.TRADES | estimators.SECONDS:
        assert f"  {name}, " in out
    assert "a turn, everything on" in out
