import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.shared_state.addresses import redis_url


@pytest.mark.parametrize("text", ["redis://h", "redis://h:6379", "rediss://u:p%40w@h:1/15"])
def test_an_address_is_taken_as_it_is(text):
    assert redis_url("REDIS_URL", text) == text


@pytest.mark.parametrize(
    "text",
    [
        "h:6379",
        "http://h",
        "redis://",
        "redis://h:0",
        "redis://h:x",
        "redis://h/a",
        "redis://h?x=1",
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(text):
    with pytest.raises(InvalidFieldError, match=r"REDIS_URL: '…' is not allowed; .*redis\(s\)://"):
        redis_url("REDIS_URL", text)
