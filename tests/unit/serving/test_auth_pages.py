"""What the auth service publishes and answers is checked before it is used."""

import json

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.serving.auth_pages import AuthPages, pages_of, token_of


def published(scheme: str, **more: str) -> bytes:
    addresses = {
        "authorization_endpoint": f"{scheme}://auth.example/authorize",
        "token_endpoint": f"{scheme}://auth.example/token",
    }
    return json.dumps(addresses | more).encode()


def test_addresses_are_read_and_what_else_is_published_is_passed_over():
    pages = pages_of(published("https", issuer="x"), "https://auth.example")
    assert pages == AuthPages("https://auth.example/authorize", "https://auth.example/token")
    assert pages_of(published("http"), "http://127.0.0.1:1").token_endpoint.startswith("http://")


@pytest.mark.parametrize(
    "document",
    [
        b"{}",
        b"[]",
        b"no json",
        b'"\xff"',
        b"[" * 5_000,
        published("http"),
        published("https").replace(b"https://auth.example/token", b"javascript:x"),
        published("https", authorization_endpoint="/authorize"),
    ],
)
def test_addresses_that_are_not_usable_are_refused(document):
    with pytest.raises(InvalidDataError, match="auth service"):
        pages_of(document, "https://auth.example")


def test_a_token_is_taken_from_the_answer_and_what_is_none_is_refused():
    assert token_of(b'{"access_token":"abc","expires_in":900}') == "abc"
    for answer in (
        b"{}",
        b'{"access_token":""}',
        b'{"access_token":"a\\nb"}',
        b"<html>",
        b"[" * 5_000,
    ):
        with pytest.raises(InvalidDataError) as refused:
            token_of(answer)
        assert "a\nb" not in str(refused.value)
