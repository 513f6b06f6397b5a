import json
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from market_maker.api.keys import (
    DEVELOPMENT_KEY,
    development_key,
    development_key_set,
    key_id,
    load_key_set,
)
from market_maker.model.errors import InvalidDataError
from tests.support.full_disk import full_disk
from tests.unit.api.issuing import ALGORITHM, PRIVATE, public_jwk, write_key_set


def test_public_keys_are_read_with_their_algorithms(tmp_path):
    keys = load_key_set(write_key_set(tmp_path))
    assert {kid: key.algorithm for kid, key in keys.items()} == ALGORITHM


def jwk(algorithm, key, **more):
    return json.loads(algorithm.to_jwk(key)) | {"kid": "x"} | more


WEAK = generate_rsa(65537, 1024)  # noqa: S505  the test is that it is refused
REFUSED = {
    "not there": None,
    "not JSON": "x",
    "a list": "[]",
    "lists in lists": "[" * 5_000,
    "no keys": {"keys": []},
    "keys that are no list": {"keys": {}},
    "a key that is no object": {"keys": [1]},
    "no key id": {"keys": [public_jwk("ed") | {"kid": None}]},
    "a key id twice": {"keys": [public_jwk("ed"), public_jwk("ed")]},
    "a secret": {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "x", "alg": "HS256"}]},
    "a private key": {"keys": [jwk(OKPAlgorithm, PRIVATE["ed"])]},
    "a weak key": {"keys": [jwk(RSAAlgorithm, WEAK.public_key())]},
    "another curve": {"keys": [jwk(ECAlgorithm, generate_private_key(SECP384R1()).public_key())]},
    "another algorithm": {"keys": [public_jwk("rsa") | {"alg": "PS256"}]},
    "a symmetric algorithm": {"keys": [public_jwk("rsa") | {"alg": "HS256"}]},
    "half a key": {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "x"}]},
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_a_key_set_is_refused_with(tmp_path, content):
    path = tmp_path / "jwks.json"
    if content is not None:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(InvalidDataError, match=r"jwks\.json"):
        load_key_set(path)


OTHERS = {
    "for encryption": public_jwk("rsa") | {"kid": "x", "use": "enc"},
    "for another algorithm": public_jwk("rsa") | {"kid": "x", "alg": "RSA-OAEP", "use": "enc"},
    "on another curve": REFUSED["another curve"]["keys"][0],
    "weak": REFUSED["a weak key"]["keys"][0],
    "of a kind that is not known": {"kty": "AKP", "alg": "ML-DSA-44", "pub": "x", "kid": "x"},
    "without a name": {"kty": "RSA", "n": "x", "e": "AQAB"},
    "no object": 1,
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_beside_a_key_that_signs_another_is_passed_over_that_is(tmp_path, other):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [other, public_jwk("ed")]}))
    assert list(load_key_set(path)) == ["ed"]


@pytest.mark.parametrize("name", ["a secret", "a private key"])
def test_a_set_that_shows_a_secret_beside_good_keys_is_refused(tmp_path, name):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [public_jwk("ec"), *REFUSED[name]["keys"]]}))
    with pytest.raises(InvalidDataError, match="private part of key 'x': remove it"):
        load_key_set(path)


def test_the_development_key_is_made_once_for_its_owner_alone(tmp_path):
    first = development_key(tmp_path)
    mode = (tmp_path / DEVELOPMENT_KEY).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert key_id(development_key(tmp_path)) == key_id(first)
    assert list(development_key_set(tmp_path)) == [key_id(first)]


def test_a_development_key_that_others_may_read_is_refused(tmp_path):
    development_key(tmp_path)
    (tmp_path / DEVELOPMENT_KEY).chmod(0o640)
    with pytest.raises(InvalidDataError, match="chmod 600"):
        development_key(tmp_path)


def test_a_development_key_that_is_none_is_refused(tmp_path):
    path = tmp_path / DEVELOPMENT_KEY
    path.write_text("x")
    path.chmod(0o600)
    with pytest.raises(InvalidDataError, match="not a private key"):
        development_key(tmp_path)


def test_a_full_disk_leaves_no_half_of_a_key(tmp_path):
    with full_disk(room=10), pytest.raises(InvalidDataError, match="cannot be written: file too"):
        development_key(tmp_path)
    assert list(tmp_path.iterdir()) == []
    development_key(tmp_path)
