"""Bearer tokens: who a caller is, proved by a signature, and by nothing else."""

import hashlib
import ipaddress
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct, structs

from market_maker.api.keys import KeySet, VerificationKey, key_id
from market_maker.api.problems import refusal
from market_maker.api.revocations import Revocations
from market_maker.model.caller import ANONYMOUS, SUBJECT_LENGTH_MAX, Caller, Role
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock

AUDIENCE = "market-maker"
DEVELOPMENT_ISSUER = "market-maker-development"
TOKEN_LENGTH_MAX = 8 * 1024
TOKEN_ID_LENGTH_MAX = 128
LIFE_SECONDS_MAX = 900
"""A token that lives longer is a password, unless TOKEN_LIFE_MAX allows it."""
SKEW_SECONDS = 60
"""How far apart the clocks of issuer and service may be."""

VERIFIED_MAX = 1_000
"""Tokens, by their digest, whose signature is not verified again."""

_TYPES = {"jwt", "at+jwt", "application/at+jwt"}
_REQUIRED = ["iss", "aud", "sub", "iat", "nbf", "exp"]
# Times are judged by our clock, below: the library would read the computer's.
_OPTIONS: Any = {
    "require": _REQUIRED,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


class Authenticator(Protocol):
    """Finds the caller of a request."""

    enabled: bool

    async def prepare(self, authorization: Sequence[str]) -> None:
        """Read what `caller` needs to know and does not: the auth service's new key."""

    def caller(self, authorization: Sequence[str]) -> Caller:
        """The caller, by the values of all its Authorization headers. Raises ProblemError."""


class Nobody:
    """No authentication: every caller that reaches the port may do everything."""

    enabled = False

    async def prepare(self, authorization: Sequence[str]) -> None:
        _ = authorization

    def caller(self, authorization: Sequence[str]) -> Caller:
        _ = authorization
        return ANONYMOUS


def nobody(addresses: Sequence[str]) -> Nobody:
    """DISABLE_AUTH=true: only where every listener is on a loopback address. Raises
    InvalidFieldError."""
    for address in addresses:
        if not is_loopback(address):
            allowed = f"false: a listener is on {address}, which others can reach"
            raise InvalidFieldError("DISABLE_AUTH", "true", allowed)
    return Nobody()


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches `address`."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


class VerifiedToken(Struct, frozen=True):
    """Its signature is good: that does not change. caller: None until all else was judged once."""

    key_id: str
    key: VerificationKey
    claims: dict[str, Any]
    caller: Caller | None = None


class Bearer:
    """Tokens of one issuer for one audience, signed with one of `keys`. clock: the time of day as
    it is now, because that is what the issuer dates by. life_max: seconds a token may live.
    revocations: tokens that are refused. look_up: called for a key id that is not in `keys`, which
    may have it afterwards."""

    enabled = True

    def __init__(
        self,
        keys: KeySet,
        issuer: str,
        audience: str,
        clock: Clock,
        *,
        life_max: int = LIFE_SECONDS_MAX,
        revocations: Revocations | None = None,
        look_up: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._keys, self._issuer, self._audience, self._clock = keys, issuer, audience, clock
        self._life_max, self._revocations, self._look_up = life_max, revocations, look_up
        self._verified: OrderedDict[bytes, VerifiedToken] = OrderedDict()

    async def prepare(self, authorization: Sequence[str]) -> None:
        if self._look_up is None or len(authorization) != 1:
            return
        token = authorization[0].partition(" ")[2].strip(" ")
        if len(token) > TOKEN_LENGTH_MAX or self._known(_digest(token)) is not None:
            return
        with suppress(jwt.InvalidTokenError):
            await self._look_up(str(jwt.get_unverified_header(token).get("kid")))

    def caller(self, authorization: Sequence[str]) -> Caller:
        if len(authorization) > 1:
            raise refusal("malformed", "there are two Authorization headers")
        scheme, _, token = (authorization or [""])[0].partition(" ")
        token = token.strip(" ")
        if scheme.lower() != "bearer" or not token:
            raise refusal(
                "unauthenticated",
                "send Authorization: Bearer and a token",
                {"WWW-Authenticate": 'Bearer realm="market-maker"'},
            )
        if len(token) > TOKEN_LENGTH_MAX:
            raise _invalid(f"it is longer than {TOKEN_LENGTH_MAX} characters")
        return self._proved(token)

    def _proved(self, token: str) -> Caller:
        digest = _digest(token)
        found = self._known(digest) or self._verify(token)
        # Whatever may have changed since is judged each time.
        self._check_times(found.claims)
        caller = found.caller or _caller(found.claims, token)
        issued, revoked = found.claims["iat"], self._revocations
        if revoked is not None and revoked.names(caller.token_id, caller.subject, issued):
            raise _invalid("it was revoked")
        self._verified[digest] = structs.replace(found, caller=caller)
        if len(self._verified) > VERIFIED_MAX:
            self._verified.popitem(last=False)
        return caller

    def _known(self, digest: bytes) -> VerifiedToken | None:
        """A token whose signature was verified, with a key that is still the one of its name."""
        found = self._verified.get(digest)
        if found is None or self._keys.get(found.key_id) is not found.key:
            return None
        return found

    def _verify(self, token: str) -> VerifiedToken:
        key_id, key = self._key_of(token)
        try:
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm],
                audience=self._audience,
                issuer=self._issuer,
                options=_OPTIONS,
            )
        except jwt.InvalidTokenError as error:
            raise _invalid(_words(error)) from None
        return VerifiedToken(key_id, key, claims)

    def _key_of(self, token: str) -> tuple[str, VerificationKey]:
        """The key by the header's key id, of our own list: addresses and keys that a header
        brings along (jku, x5u, jwk) are never used."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise _invalid("it is not a JSON Web Token") from None
        if not self._keys:
            raise refusal("unavailable", "the auth service's keys are not known yet")
        key_id = str(header.get("kid"))
        key = self._keys.get(key_id)
        if key is None:
            raise _invalid("unknown key id (kid)")
        if header.get("alg") != key.algorithm:
            raise _invalid("algorithm (alg) is not the one of the key")
        if str(header.get("typ", "JWT")).lower() not in _TYPES or "crit" in header:
            raise _invalid("token type is not an access token (typ)")
        return key_id, key

    def _check_times(self, claims: dict[str, Any]) -> None:
        now = self._clock.now() // NANOS_PER_SECOND
        issued, begins, ends = (_seconds(claims, name) for name in ("iat", "nbf", "exp"))
        if ends <= now - SKEW_SECONDS:
            raise _invalid("it has expired")
        if begins > now + SKEW_SECONDS or issued > now + SKEW_SECONDS:
            raise _invalid("token not valid yet (nbf)")
        if ends - issued > self._life_max:
            raise _invalid(f"it lives longer than {self._life_max} seconds")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _seconds(claims: dict[str, Any], name: str) -> int:
    value = claims[name]
    # True is an int, and floats may be infinite.
    if type(value) is not int:
        raise _invalid(f"{name} is not a whole number of seconds")
    return value


def _caller(claims: dict[str, Any], token: str) -> Caller:
    subject, granted = claims["sub"], claims.get("roles", [])
    if not isinstance(subject, str) or not 1 <= len(subject) <= SUBJECT_LENGTH_MAX:
        raise _invalid(f"subject (sub) has not 1 to {SUBJECT_LENGTH_MAX} characters")
    if not subject.isprintable():
        raise _invalid("subject (sub) has characters that cannot be printed")
    if not isinstance(granted, list):
        raise _invalid("roles is not a list")
    # Roles that we do not know are other services'.
    roles = tuple(sorted(role for role in Role if role.value in granted))
    return Caller(subject, roles, _token_id(claims, token))


def _token_id(claims: dict[str, Any], token: str) -> str:
    given = claims.get("jti")
    if isinstance(given, str) and 1 <= len(given) <= TOKEN_ID_LENGTH_MAX and given.isprintable():
        return given
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def _words(error: jwt.InvalidTokenError) -> str:
    match error:
        case jwt.InvalidSignatureError():
            return "wrong signature"
        case jwt.InvalidAudienceError():
            return "it is for another audience (aud)"
        case jwt.InvalidIssuerError():
            return "it is of another issuer (iss)"
        case jwt.MissingRequiredClaimError():
            return f"it lacks the claim {error.claim}"
        case _:
            return "it is not valid"


def _invalid(why: str) -> Exception:
    challenge = 'Bearer realm="market-maker", error="invalid_token"'
    return refusal(
        "unauthenticated", f"the token is refused: {why}", {"WWW-Authenticate": challenge}
    )


class Grant(Struct, frozen=True, kw_only=True):
    """What a token says. life: seconds."""

    subject: str
    roles: tuple[Role, ...]
    life: int
    token_id: str
    issuer: str = DEVELOPMENT_ISSUER
    audience: str = AUDIENCE


def signed(grant: Grant, key: Ed25519PrivateKey, now: Nanos) -> str:
    """A development token. Raises InvalidFieldError for what the check above would refuse."""
    if not 1 <= grant.life <= LIFE_SECONDS_MAX:
        raise InvalidFieldError("ttl", grant.life, f"1 to {LIFE_SECONDS_MAX} seconds")
    if not 1 <= len(grant.subject) <= SUBJECT_LENGTH_MAX or not grant.subject.isprintable():
        allowed = f"1 to {SUBJECT_LENGTH_MAX} printable characters"
        raise InvalidFieldError("subject", grant.subject, allowed)
    if not grant.roles:
        raise InvalidFieldError("role", None, "one or more of " + ", ".join(Role))
    seconds = now // NANOS_PER_SECOND
    claims = {
        "iss": grant.issuer,
        "aud": grant.audience,
        "sub": grant.subject,
        "roles": sorted(grant.roles),
        "jti": grant.token_id,
        "iat": seconds,
        "nbf": seconds,
        "exp": seconds + grant.life,
    }
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": key_id(key)})
