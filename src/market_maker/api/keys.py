"""Public keys that tokens are checked with, and a private one of our own for development."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from jwt import PyJWK
from jwt.exceptions import PyJWTError
from msgspec import Struct

from market_maker.documents import read_document, writing
from market_maker.model.errors import InvalidDataError

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

ALGORITHMS = ("EdDSA", "ES256", "RS256")
"""All there are: asymmetric, so that a program that checks tokens cannot make one."""

DEVELOPMENT_KEY = "development-key.pem"
RSA_BITS_MIN = 2048
KEY_ID_LENGTH_MAX = 128
KEYS_MAX = 64
KEY_SET_BYTES_MAX = 1 << 20
PEM_BYTES_MAX = 64 << 10
_OWNER_ONLY = 0o600
_OTHERS = 0o077
_SECRET = ("d", "k")
"""Of a JSON Web Key: the private part, and a key that both ends share (RFC 7518, 6)."""


class VerificationKey(Struct, frozen=True):
    """A public key and the one algorithm it is used with."""

    algorithm: str
    key: PublicKey


KeySet = Mapping[str, VerificationKey]
"""By key id: the keys that may sign, and no others."""


def load_key_set(path: Path) -> KeySet:
    """The public keys of a JWKS file. Raises InvalidDataError as `key_set`, and for a file that
    cannot be read."""
    return key_set(str(path), read_document(path, KEY_SET_BYTES_MAX))


def key_set(source: str, document: bytes) -> KeySet:
    """The public keys of a JSON Web Key Set that tokens may be signed with. Keys that are weak,
    unnamed, of another kind or for another purpose are passed over (RFC 7517, 5): an auth service
    publishes keys for all its clients, and adds some while we run. Raises InvalidDataError where
    no key is left, and for a set with a secret or with two keys of one name."""
    try:
        parsed = msgspec.json.decode(document, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidDataError(source, f"is not a JSON Web Key Set: {error}") from None
    entries = parsed.get("keys")
    if not isinstance(entries, list) or not 1 <= len(entries) <= KEYS_MAX:
        raise InvalidDataError(source, f'has no list "keys" of 1 to {KEYS_MAX} keys')
    keys: dict[str, VerificationKey] = {}
    passed_over: list[InvalidDataError] = []
    for entry in entries:
        _check_public(source, entry)
        try:
            name, key = _verification_key(source, entry)
        except InvalidDataError as error:
            passed_over.append(error)
            continue
        if name in keys:
            raise InvalidDataError(source, f"has the key id {name!r} twice")
        keys[name] = key
    if not keys:
        raise passed_over[0]
    return keys


def _check_public(source: str, entry: object) -> None:
    """A secret that is in there was shown to all who read the set."""
    if isinstance(entry, dict) and not entry.keys().isdisjoint(_SECRET):
        name = str(entry.get("kid"))[:KEY_ID_LENGTH_MAX]
        raise InvalidDataError(source, f"holds the private part of key {name!r}: remove it")


def _verification_key(source: str, entry: object) -> tuple[str, VerificationKey]:
    if not isinstance(entry, dict):
        raise InvalidDataError(source, "holds a key that is not an object")
    name = entry.get("kid")
    if not isinstance(name, str) or not 1 <= len(name) <= KEY_ID_LENGTH_MAX:
        raise InvalidDataError(source, "holds a key without a key id (kid)")
    if entry.get("use", "sig") != "sig":
        raise InvalidDataError(source, f"key {name!r} is not for signatures")
    try:
        key = PyJWK(entry, _algorithm(source, name, entry)).key
    except PyJWTError as error:
        raise InvalidDataError(source, f"key {name!r} cannot be used: {error}") from None
    return name, VerificationKey(_algorithm(source, name, entry), _strong(source, name, key))


def _algorithm(source: str, name: str, entry: dict[str, Any]) -> str:
    kinds = {("OKP", "Ed25519"): "EdDSA", ("EC", "P-256"): "ES256", ("RSA", None): "RS256"}
    algorithm = kinds.get((str(entry.get("kty")), entry.get("crv")))
    if algorithm is None or entry.get("alg", algorithm) != algorithm:
        allowed = "an Ed25519, P-256 or RSA key for " + ", ".join(ALGORITHMS)
        raise InvalidDataError(source, f"key {name!r} is not {allowed}")
    return algorithm


def _strong(source: str, name: str, key: object) -> PublicKey:
    match key:
        case RSAPublicKey() if key.key_size >= RSA_BITS_MIN:
            return key
        case EllipticCurvePublicKey() if isinstance(key.curve, SECP256R1):
            return key
        case Ed25519PublicKey():
            return key
        case _:
            problem = f"key {name!r} is weak: RSA keys have {RSA_BITS_MIN} bits or more"
            raise InvalidDataError(source, problem)


def development_key(data_dir: Path) -> Ed25519PrivateKey:
    """The private key in `data_dir`, made at first use, for its owner's eyes only. Raises
    InvalidDataError if others may read it, it is no such key or a full disk does not take it,
    OSError if it cannot be made."""
    path = data_dir / DEVELOPMENT_KEY
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        return _read_development_key(path)
    key = Ed25519PrivateKey.generate()
    try:
        with writing(path), os.fdopen(handle, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    except InvalidDataError:
        # Half a key would be taken for a broken one at the next start.
        path.unlink()
        raise
    return key


def _read_development_key(path: Path) -> Ed25519PrivateKey:
    if path.stat().st_mode & _OTHERS:
        raise InvalidDataError(str(path), "may be read by others: chmod 600 it, or remove it")
    try:
        key = load_pem_private_key(read_document(path, PEM_BYTES_MAX), None)
    except (ValueError, TypeError):
        raise InvalidDataError(str(path), "is not a private key: remove it") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidDataError(str(path), "is not an Ed25519 key: remove it")
    return key


def key_id(key: Ed25519PrivateKey) -> str:
    """The name of a development key: a hash of its public half."""
    digest = Hash(SHA256())
    digest.update(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    return "development-" + digest.finalize().hex()[:16]


def development_key_set(data_dir: Path) -> KeySet:
    """What tokens made with the development key are checked with. Raises as `development_key`."""
    key = development_key(data_dir)
    return {key_id(key): VerificationKey("EdDSA", key.public_key())}
