"""Settings under which any caller of the service would get too much."""

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.serving.open_doors import check_open_doors
from market_maker.settings import settings_of

LOCAL = (
    {},
    {"DISABLE_AUTH": "true"},
    {"DISABLE_AUTH": "true", "POSTGRES_URL": "postgresql://mm:geheim@localhost/mm"},
    {"DISABLE_AUTH": "true", "POSTGRES_URL": "postgresql://mm:geheim@[::1]:5432/mm"},
    {"DISABLE_AUTH": "true", "POSTGRES_URL": "postgresql:///mm"},
    {"POSTGRES_URL": "postgresql://mm:geheim@db.example/mm"},
    {"REQUIRE_HALT_REVIEW": "true"},
    {"METRICS_HOST": "10.0.0.5", "METRICS_TOKEN": "long-enough-to-be-one"},
)
OPEN = (
    ({"DISABLE_AUTH": "true", "HTTP_HOST": "10.0.0.5"}, "DISABLE_AUTH", "10.0.0.5"),
    (
        {"DISABLE_AUTH": "true", "POSTGRES_URL": "postgresql://mm:geheim@db.example/mm"},
        "DISABLE_AUTH",
        "db.example",
    ),
    ({"DISABLE_AUTH": "true", "REQUIRE_HALT_REVIEW": "true"}, "DISABLE_AUTH", "HALT_REVIEW"),
    ({"METRICS_HOST": "10.0.0.5"}, "METRICS_TOKEN", "10.0.0.5"),
)


@pytest.mark.parametrize("environ", LOCAL)
def test_what_only_this_machine_reaches_may_stand_open(environ):
    check_open_doors(settings_of(environ))


@pytest.mark.parametrize(("environ", "field", "named"), OPEN)
def test_what_others_reach_may_not(environ, field, named):
    with pytest.raises(InvalidFieldError, match=named) as caught:
        check_open_doors(settings_of(environ))
    assert caught.value.field == field
    assert "geheim" not in str(caught.value)
