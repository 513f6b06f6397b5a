"""One check of addresses, which never repeats what it refuses."""

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.settings import settings_of
from market_maker.storage.database import postgresql_url
from market_maker.venues.base_url import base_url

SECRET = "hunter2"  # noqa: S105  what must not be shown
URLS = ("ORDER_SERVICE_URL", "AUTH_SERVICE_URL", "WALLET_URL", "OTEL_EXPORTER_OTLP_ENDPOINT")
BAD = (
    f"http://u:{SECRET}@127.0.0.1:9/?a=b",
    f"http://u:{SECRET}@h#x",
    f"http://u:{SECRET}@h?",
    f"ftp://u:{SECRET}@h",
    f"{SECRET}://u@h",
    f"postgres://u:{SECRET}@h/d",
    f"u:{SECRET}@h",
    SECRET,
    f"http://u:{SECRET}@",
    f"http://u:{SECRET}@h:0",
    f"http://u:{SECRET}@h:99999",
    f"http://u:{SECRET}@h:port",
    f"http://[u:{SECRET}@h",
    f"http://u:{SECRET}@h/a b",
)


@pytest.mark.parametrize("variable", URLS)
@pytest.mark.parametrize("text", BAD)
def test_a_refusal_names_the_variable_and_never_the_text(variable, text):
    with pytest.raises(InvalidFieldError) as caught:
        settings_of({variable: text})
    assert variable in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f"mysql://u:{SECRET}@h/d",
        f"{SECRET}://u@h/d",
        f"postgresql://u:{SECRET}@h",
        f"postgresql://h/d?{SECRET}=1",
        f"postgresql://h/d?sslmode={SECRET}",
        f"postgresql://u:{SECRET}@h:port/d",
        SECRET,
    ],
)
def test_a_refused_database_address_is_not_repeated(text):
    with pytest.raises(InvalidFieldError, match="POSTGRES_URL") as caught:
        postgresql_url(text)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("text", ["http://h", "https://u:p@h:8/a/", "http://[::1]:80"])
def test_an_address_loses_its_last_slash_only(text):
    assert base_url("WALLET_URL", text) == text.rstrip("/")


@pytest.mark.parametrize("name", ["ORDER_SERVICE", "WALLET"])
def test_one_request_has_one_credential(name):
    environ = {f"{name}_URL": f"http://u:{SECRET}@h", f"{name}_TOKEN": SECRET}
    with pytest.raises(InvalidFieldError, match=f"{name}_TOKEN") as caught:
        settings_of(environ)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("text", [f"{SECRET} x", f"{SECRET}\nx", f"{SECRET}é"])
def test_a_token_that_no_header_can_carry_is_refused_unseen(text):
    with pytest.raises(InvalidFieldError, match="ORDER_SERVICE_TOKEN") as caught:
        settings_of({"ORDER_SERVICE_TOKEN": text})
    assert SECRET not in str(caught.value)
