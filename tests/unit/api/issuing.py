"""Tokens as an auth service makes them, and as none should."""

import base64
import json

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from market_maker.api.bearer import Bearer
from market_maker.api.keys import load_key_set
from market_maker.clocks import SimClock
from market_maker.model.units import NANOS_PER_SECOND, Nanos

ISSUER = "https://auth.example"
AUDIENCE = "market-maker"
NOW = 1_775_001_600
PRIVATE = {
    "ed": Ed25519PrivateKey.generate(),
    "ec": generate_private_key(SECP256R1()),
    "rsa": generate_rsa(65537, 2048),
}
ALGORITHM = {"ed": "EdDSA", "ec": "ES256", "rsa": "RS256"}
_WRITERS = {"ed": OKPAlgorithm, "ec": ECAlgorithm, "rsa": RSAAlgorithm}


def public_jwk(kid):
    written = json.loads(_WRITERS[kid].to_jwk(PRIVATE[kid].public_key()))
    return written | {"kid": kid, "alg": ALGORITHM[kid], "use": "sig"}


def write_key_set(folder):
    path = folder / "jwks.json"
    path.write_text(json.dumps({"keys": [public_jwk(kid) for kid in PRIVATE]}))
    return path


def bearer(folder):
    clock = SimClock(Nanos(NOW * NANOS_PER_SECOND))
    return Bearer(load_key_set(write_key_set(folder)), ISSUER, AUDIENCE, clock)


def claims(**changes):
    wanted = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ops-jane",
        "roles": ["operator"],
        "jti": "t-1",
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 900,
    }
    return {name: value for name, value in (wanted | changes).items() if value is not ...}


def token(kid="ed", headers=None, **changes):
    header = {"kid": kid} | (headers or {})
    return jwt.encode(claims(**changes), PRIVATE[kid], ALGORITHM[kid], headers=header)


def raw_token(header, payload, signature=b""):
    """Three parts, whatever they hold."""
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
