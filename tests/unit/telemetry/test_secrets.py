import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.telemetry.secrets import REDACTED, TEXT_LENGTH_MAX, Redactor

CANARY = "c4nary-7f3a9b1d"


def token() -> str:
    def part(fields: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")

    return f"{part({'alg': 'EdDSA'})}.{part({'sub': CANARY})}.{CANARY}"


SPOKEN = [
    f"Authorization: Bearer {CANARY}",
    f"authorization=Basic {CANARY}",
    f"sent {token()} to the server",
    token()[:40],
    f"postgresql://maker:{CANARY}@db.internal:5432/mm",
    f"redis://:{CANARY}@cache/0",
    f"https://{CANARY}@collector/v1/traces",
    f"GET /x?access_token={CANARY}&limit=3",
    f'{{"password": "{CANARY}"}}',
    f"api_key: {CANARY}",
    f"MM_PRIVATE_KEY={CANARY}",
    f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----",
    f"-----BEGIN EC PRIVATE KEY-----\n{CANARY}",
    "signed with 0x" + "ab" * 32,
]


@pytest.mark.parametrize("text", SPOKEN)
def test_a_secret_in_a_text_is_taken_out_and_the_rest_stays(text: str) -> None:
    clean = Redactor().text(text)
    assert CANARY not in clean
    assert "ab" * 32 not in clean
    assert base64.urlsafe_b64encode(CANARY.encode()).decode()[:8] not in clean
    assert REDACTED in clean


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "X-Api-Key",
        "private_key",
        "POSTGRES_URL",
        "cookie",
        "password",
        "client_secret",
        "access_token",
        "credentials",
        "signature",
    ],
)
def test_a_field_with_a_secrets_name_is_taken_out_whatever_it_holds(name: str) -> None:
    assert Redactor().fields({name: CANARY}) == {name: REDACTED}
    assert Redactor().fields({"headers": {name: [CANARY]}}) == {"headers": {name: REDACTED}}


def test_a_known_secret_is_found_wherever_it_turns_up() -> None:
    redactor = Redactor([CANARY, CANARY + "-longer"])
    given = {"event": f"got {CANARY}-longer", "deep": [{"x": (f"a{CANARY}b",)}], CANARY: 1}
    assert redactor.fields(given) == {
        "event": f"got {REDACTED}",
        "deep": [{"x": [f"a{REDACTED}b"]}],
        REDACTED: 1,
    }


def test_a_known_secret_as_short_as_a_word_is_not_searched_for() -> None:
    assert Redactor(["pool"]).text("pool moved") == "pool moved"


@pytest.mark.parametrize(
    "text",
    [
        "pool moved to ACTIVE",
        "mm-acme-BTCUSDT-PERP-0-BUY-1760000000000000000",
        "3f4a8b2c-0000-0000-0000-000000000001",
        "http://localhost:8095/v1/pools?limit=3",
        "audit head " + "ab" * 32,
        "position limit exceeded",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert Redactor().text(text) == text
    assert Redactor().fields({"token_id": "jti-1", "symbol": text}) == {
        "token_id": "jti-1",
        "symbol": text,
    }


def test_what_is_too_long_or_too_deep_is_cut() -> None:
    deep: object = "bottom"
    for _ in range(50):
        deep = [deep]
    clean = Redactor().fields({"long": "x" * 100_000, "deep": deep, "wide": list(range(1_000))})
    assert len(clean["long"]) == TEXT_LENGTH_MAX + 1
    assert "bottom" not in str(clean["deep"])
    assert len(clean["wide"]) == 100


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_known_secret_is_taken_out_of_every_text(before: str, after: str) -> None:
    assert CANARY not in Redactor([CANARY]).text(before + CANARY + after)
