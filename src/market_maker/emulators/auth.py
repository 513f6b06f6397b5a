"""An auth service: signs a token at each request, or for a person who signs in at its page.
It publishes its keys and replaces them at request."""

import base64
import hashlib
from collections import deque
from typing import Any

import jwt
import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from market_maker.emulators.sign_in_page import SignInPage
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.ports import Clock

KEYS_PATH = "/.well-known/jwks.json"
LIFE_S = 900
KEPT_KEYS = 2
"""The newest signs; the one before it is published for as long as its tokens live."""
BODY_MAX = 10_000


class TokenRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Who the token is for. life: seconds."""

    subject: str
    roles: tuple[str, ...]
    life: int = LIFE_S


class IssuedToken(Struct, frozen=True):
    """key_id: which key signed it."""

    token: str
    key_id: str


class AuthServer:
    """HTTP around a few keys. Not for production: it asks for no password."""

    def __init__(self, issuer: str, audience: str, clock: Clock) -> None:
        self._issuer, self._audience, self._clock = issuer, audience, clock
        self._keys: deque[Ed25519PrivateKey] = deque(maxlen=KEPT_KEYS)
        self._issued = 0
        self.rotate()
        self.app = web.Application(client_max_size=BODY_MAX)
        self.app.add_routes(
            [
                web.get(KEYS_PATH, self._published),
                web.post("/v1/tokens", self._token),
                web.post("/v1/keys/rotate", self._rotated),
                *SignInPage(self._issued_to, clock).routes(),
            ]
        )

    def rotate(self) -> str:
        """A new key signs from now on; returns its id."""
        self._keys.append(Ed25519PrivateKey.generate())
        return _key_id(self._keys[-1])

    def issue(self, wanted: TokenRequest) -> IssuedToken:
        """Sign a token with the newest key."""
        now = self._clock.now() // NANOS_PER_SECOND
        self._issued += 1
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": wanted.subject,
            "roles": list(wanted.roles),
            "iat": now,
            "nbf": now,
            "exp": now + wanted.life,
            "jti": f"{wanted.subject}-{now}-{self._issued}",
        }
        key = self._keys[-1]
        token = jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": _key_id(key)})
        return IssuedToken(token, _key_id(key))

    def _issued_to(self, subject: str, roles: tuple[str, ...]) -> str:
        return self.issue(TokenRequest(subject, roles)).token

    async def _published(self, _request: web.Request) -> web.Response:
        return _json({"keys": [_public(key) for key in self._keys]})

    async def _token(self, request: web.Request) -> web.Response:
        try:
            wanted = msgspec.json.decode(await request.read(), type=TokenRequest)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return web.Response(status=422, text=str(error))
        return _json(self.issue(wanted), 201)

    async def _rotated(self, _request: web.Request) -> web.Response:
        return _json({"key_id": self.rotate()}, 201)


def _raw(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _key_id(key: Ed25519PrivateKey) -> str:
    return hashlib.sha256(_raw(key)).hexdigest()[:16]


def _public(key: Ed25519PrivateKey) -> dict[str, str]:
    point = base64.urlsafe_b64encode(_raw(key)).rstrip(b"=").decode()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": point,
        "kid": _key_id(key),
        "alg": "EdDSA",
        "use": "sig",
    }


def _json(answer: Any, status: int = 200) -> web.Response:
    body = msgspec.json.encode(answer)
    return web.Response(body=body, status=status, content_type="application/json")
