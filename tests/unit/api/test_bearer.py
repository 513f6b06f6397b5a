import hashlib
import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from market_maker.api.bearer import (
    LIFE_SECONDS_MAX,
    SKEW_SECONDS,
    TOKEN_LENGTH_MAX,
    Bearer,
    Grant,
    is_loopback,
    nobody,
    signed,
)
from market_maker.api.keys import (
    DEVELOPMENT_KEY,
    VerificationKey,
    development_key,
    development_key_set,
    load_key_set,
)
from market_maker.api.problems import ProblemError
from market_maker.api.revocations import FILE_NAME, Revocations, Revoked, write_revoked
from market_maker.clocks import SimClock
from market_maker.model.caller import ANONYMOUS, Caller, Role
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from tests.unit.api.issuing import (
    AUDIENCE,
    ISSUER,
    NOW,
    PRIVATE,
    bearer,
    claims,
    public_jwk,
    raw_token,
    token,
    write_key_set,
)


@pytest.fixture(scope="module")
def auth(tmp_path_factory):
    return bearer(tmp_path_factory.mktemp("keys"))


def refused(auth, *authorization):
    with pytest.raises(ProblemError) as caught:
        auth.caller(authorization)
    return caught.value


@pytest.mark.parametrize("kid", PRIVATE)
def test_a_token_of_each_algorithm_proves_its_subject_and_roles(auth, kid):
    given = token(kid, roles=["risk", "operator", "risk", "surgeon"])
    assert auth.caller([f"Bearer {given}"]) == Caller("ops-jane", (Role.OPERATOR, Role.RISK), "t-1")


def test_a_token_without_an_id_is_counted_by_its_hash(auth):
    given = token(jti=...)
    expected = hashlib.sha256(given.encode()).hexdigest()[:32]
    assert auth.caller([f"bearer {given}"]).token_id == expected


def test_a_token_without_roles_proves_a_subject_that_may_do_nothing(auth):
    assert auth.caller([f"Bearer {token(roles=...)}"]).roles == ()


@pytest.mark.parametrize("header", [(), ("",), ("Basic b3BzOm9wcw==",), ("Bearer",), ("Bearer ",)])
def test_no_token_is_challenged(auth, header):
    error = refused(auth, *header)
    assert error.problem.status == 401
    assert error.headers == {"WWW-Authenticate": 'Bearer realm="market-maker"'}


def test_two_authorization_headers_are_refused_even_if_both_are_good(auth):
    assert refused(auth, f"Bearer {token()}", f"Bearer {token()}").problem.status == 400


def test_a_token_of_a_megabyte_is_refused_unread(auth):
    error = refused(auth, "Bearer " + "a" * 1_000_000)
    assert f"longer than {TOKEN_LENGTH_MAX}" in error.problem.detail


def hs256(header, payload, secret):
    """A symmetric signature by hand: the library refuses public keys as secrets."""
    unsigned = raw_token(header, payload).rpartition(".")[0]
    signature = hmac.new(secret, unsigned.encode(), hashlib.sha256).digest()
    return raw_token(header, payload, signature)


def confused(kid):
    """HS256 with the public key, which is public, as its secret."""
    pem = PRIVATE[kid].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return hs256({"alg": "HS256", "typ": "JWT", "kid": kid}, claims(), pem)


def own_key(**headers):
    """Signed with a key of the caller's own, which the header brings along."""
    return jwt.encode(claims(), Ed25519PrivateKey.generate(), "EdDSA", headers=headers)


def changed():
    head, _, signature = token(roles=["viewer"]).split(".")
    payload = raw_token({}, claims(roles=["admin"])).split(".")[1]
    return f"{head}.{payload}.{signature}"


NOT_PROVED = {
    "not a token": lambda: "x",
    "not base64": lambda: "a.b.c",
    "parts missing": lambda: "a.b",
    "alg none": lambda: raw_token({"alg": "none", "kid": "ed"}, claims()),
    "alg None": lambda: raw_token({"alg": "None", "kid": "ed"}, claims()),
    "no alg": lambda: raw_token({"kid": "ed"}, claims()),
    "HS256 with the RSA public key": lambda: confused("rsa"),
    "HS256 with the EC public key": lambda: confused("ec"),
    "another key's algorithm": lambda: token("rsa", {"kid": "ed"}),
    "another key's id": lambda: token("ed", {"kid": "ec"}),
    "an unknown key id": lambda: token(headers={"kid": "other"}),
    "no key id": lambda: jwt.encode(claims(), PRIVATE["ed"], "EdDSA"),
    "a key id that is a path": lambda: token(headers={"kid": "../../../../dev/null"}),
    "a key id that is a query": lambda: token(headers={"kid": "x' OR '1'='1"}),
    "a key of its own by jwk": lambda: own_key(kid="ed", jwk=public_jwk("ed")),
    "a key of its own by jku": lambda: own_key(kid="ed", jku="https://evil.example/jwks"),
    "a key of its own by x5u": lambda: own_key(kid="ed", x5u="https://evil.example/cert"),
    "a changed payload": changed,
    "a cut signature": lambda: token()[:-4],
    "an empty signature": lambda: token().rpartition(".")[0] + ".",
    "another type": lambda: token(headers={"typ": "logout+jwt"}),
    "a critical extension": lambda: token(headers={"crit": ["b64"], "b64": False}),
    "another issuer": lambda: token(iss="https://evil.example"),
    "no issuer": lambda: token(iss=...),
    "another audience": lambda: token(aud="wallet"),
    "no audience": lambda: token(aud=...),
    "an expired one": lambda: token(iat=NOW - 900, nbf=NOW - 900, exp=NOW - SKEW_SECONDS),
    "one whose time has not come": lambda: token(nbf=NOW + SKEW_SECONDS + 1),
    "one issued tomorrow": lambda: token(iat=NOW + 86_400, exp=NOW + 86_500),
    "no expiry": lambda: token(exp=...),
    "no begin": lambda: token(nbf=...),
    "no issue time": lambda: token(iat=...),
    "an expiry that is no number": lambda: raw_signed(exp="never"),
    "an expiry that is a fraction": lambda: raw_signed(exp=NOW + 900.5),
    "an infinite expiry": lambda: raw_signed(exp=float("inf")),
    "a true expiry": lambda: raw_signed(exp=True),
    "one that lives too long": lambda: token(exp=NOW + LIFE_SECONDS_MAX + 1),
    "no subject": lambda: token(sub=...),
    "an empty subject": lambda: token(sub=""),
    "a long subject": lambda: token(sub="x" * 129),
    "a subject over two lines": lambda: token(sub="ops\nadmin"),
    "roles that are a text": lambda: token(roles="admin"),
}


def raw_signed(**changes):
    """Signed well, whatever the claims hold."""
    header = {"alg": "EdDSA", "typ": "JWT", "kid": "ed"}
    unsigned = raw_token(header, claims(**changes)).rpartition(".")[0]
    signature = PRIVATE["ed"].sign(unsigned.encode())
    return raw_token(header, claims(**changes), signature)


@pytest.mark.parametrize("made", NOT_PROVED.values(), ids=NOT_PROVED)
def test_no_caller_is_proved_by(auth, made):
    error = refused(auth, f"Bearer {made()}")
    assert error.problem.status == 401
    assert 'error="invalid_token"' in error.headers["WWW-Authenticate"]
    assert error.problem.detail.startswith("the token is refused: ")


def test_a_header_may_bring_a_key_along_if_it_is_signed_with_ours(auth):
    given = token(headers={"jku": "https://evil.example/jwks", "x5u": "file:///etc/passwd"})
    assert auth.caller([f"Bearer {given}"]).subject == "ops-jane"


def test_clocks_may_differ_a_little(auth):
    assert auth.caller([f"Bearer {token(nbf=NOW + SKEW_SECONDS, iat=NOW + SKEW_SECONDS)}"])
    early = token(iat=NOW - 900, nbf=NOW - 900, exp=NOW - SKEW_SECONDS + 1)
    assert auth.caller([f"Bearer {early}"])


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_authentication_can_be_off_where_only_this_machine_listens(address):
    assert is_loopback(address)
    assert nobody([address]).caller([]) == ANONYMOUS


@pytest.mark.parametrize(
    "address", [".".join("0000"), "::", "10.0.0.1", "mm-service", "", "localhost.x"]
)
def test_authentication_cannot_be_off_where_others_reach(address):
    with pytest.raises(InvalidFieldError, match="DISABLE_AUTH"):
        nobody(["127.0.0.1", address])


@pytest.fixture
def clock():
    return SimClock(Nanos(NOW * NANOS_PER_SECOND))


def grant(**changes):
    wanted = {"subject": "ops", "roles": (Role.OPERATOR,), "life": 900, "token_id": "t"}
    return Grant(**wanted | changes)


def test_a_development_token_is_accepted_until_it_ends(tmp_path, clock):
    given = signed(grant(), development_key(tmp_path), clock.now())
    keys = development_key_set(tmp_path)
    auth = Bearer(keys, "market-maker-development", AUDIENCE, clock)
    assert auth.caller([f"Bearer {given}"]) == Caller("ops", (Role.OPERATOR,), "t")
    clock.advance_to(Nanos(clock.now() + (900 + SKEW_SECONDS) * NANOS_PER_SECOND))
    assert "expired" in refused(auth, f"Bearer {given}").problem.detail


def test_a_development_token_is_not_accepted_by_others(tmp_path, auth, clock):
    given = signed(grant(issuer=ISSUER), development_key(tmp_path), clock.now())
    assert refused(auth, f"Bearer {given}").problem.status == 401


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("ttl", {"life": 0}),
        ("ttl", {"life": LIFE_SECONDS_MAX + 1}),
        ("subject", {"subject": ""}),
        ("subject", {"subject": "a\nb"}),
        ("role", {"roles": ()}),
    ],
)
def test_a_token_that_would_be_refused_is_not_made(tmp_path, clock, field, changes):
    with pytest.raises(InvalidFieldError) as caught:
        signed(grant(**changes), development_key(tmp_path), clock.now())
    assert caught.value.field == field


def test_the_private_key_is_in_no_answer(tmp_path, clock):
    development_key(tmp_path)
    secret = (tmp_path / DEVELOPMENT_KEY).read_text().splitlines()[1]
    given = signed(grant(), development_key(tmp_path), clock.now())
    assert secret not in given
    assert json.loads(jwt.utils.base64url_decode(given.split(".")[0]))["kid"].startswith("devel")


class CountedKey(Ed25519PublicKey):
    """Counts how often a signature is verified."""

    def __init__(self, key):
        self._key, self.verified = key, 0

    def verify(self, signature, data):
        self.verified += 1
        self._key.verify(signature, data)

    public_bytes = public_bytes_raw = __copy__ = __deepcopy__ = None
    __eq__, __hash__ = object.__eq__, object.__hash__


def counting():
    """A Bearer, its key set, the key that counts, and the clock."""
    key = CountedKey(PRIVATE["ed"].public_key())
    keys, clock = {"ed": VerificationKey("EdDSA", key)}, SimClock(Nanos(NOW * NANOS_PER_SECOND))
    return Bearer(keys, ISSUER, AUDIENCE, clock), keys, key, clock


def test_the_signature_of_a_token_is_verified_once():
    auth, _, key, _ = counting()
    given = f"Bearer {token()}"
    assert auth.caller([given]) == auth.caller([given])
    assert key.verified == 1
    auth.caller([f"Bearer {token(jti='t-2')}"])
    assert key.verified == 2
    forged = given.rpartition(".")[0] + "." + token(jti="t-3").rpartition(".")[2]
    assert "signature" in refused(auth, forged).problem.detail
    assert key.verified == 3


def test_a_token_that_was_verified_is_refused_when_it_has_ended():
    auth, _, _, clock = counting()
    given = f"Bearer {token()}"
    auth.caller([given])
    clock.advance_to(Nanos((NOW + 900 + SKEW_SECONDS) * NANOS_PER_SECOND))
    assert "expired" in refused(auth, given).problem.detail


def test_a_token_that_was_verified_is_refused_when_its_key_is_taken_back():
    auth, keys, _, _ = counting()
    given = f"Bearer {token()}"
    auth.caller([given])
    other = keys["ed"] = VerificationKey("EdDSA", Ed25519PrivateKey.generate().public_key())
    assert "signature" in refused(auth, given).problem.detail
    assert other is keys.pop("ed")
    keys["another"] = other
    assert "unknown key id" in refused(auth, given).problem.detail


def test_a_token_that_was_verified_is_refused_when_it_is_revoked(tmp_path):
    clock = SimClock(Nanos(NOW * NANOS_PER_SECOND))
    revocations = Revocations(tmp_path)
    keys = load_key_set(write_key_set(tmp_path))
    auth = Bearer(keys, ISSUER, AUDIENCE, clock, revocations=revocations)
    given = f"Bearer {token()}"
    auth.caller([given])
    write_revoked(tmp_path / FILE_NAME, Revoked(ids=("t-1",)))
    assert "revoked" in refused(auth, given).problem.detail
