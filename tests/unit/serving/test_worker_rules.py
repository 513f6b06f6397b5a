"""Workers need a database that they can share, and a venue that lets them."""

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.serving.worker_rules import check_workers
from market_maker.settings import Settings

URL = "postgresql://localhost/mm"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (Settings(workers=2), "workers share a PostgreSQL database"),
        (Settings(workers=2, postgres_url=URL, hyperliquid=True), "nonces"),
    ],
)
def test_settings_with_which_symbols_cannot_be_shared_are_refused_in_one_line(settings, why):
    with pytest.raises(InvalidFieldError, match=why) as refused:
        check_workers(settings)
    assert str(refused.value).startswith("MM_WORKERS: 2 is not allowed; allowed: 1 with")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "settings", [Settings(), Settings(hyperliquid=True), Settings(workers=2, postgres_url=URL)]
)
def test_other_settings_are_taken(settings):
    check_workers(settings)
