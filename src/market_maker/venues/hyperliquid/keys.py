"""Private keys of the curve secp256k1, what they sign, and who signed.

A key is never shown: its text, its repr and every error name the address alone.
"""

from typing import Any

from msgspec import Struct
from typing_extensions import override

from market_maker.model.errors import InvalidFieldError, MakerError
from market_maker.venues.hyperliquid.addresses import KEY_DIGITS
from market_maker.venues.hyperliquid.keccak import keccak256

try:
    import coincurve
except ModuleNotFoundError:  # pragma: no cover  the curve has no wheel for this Python
    coincurve = None  # type: ignore[assignment]

_WORD = 32
_V_FIRST = 27
"""Ethereum counts its two recovery numbers from here."""


class Signature(Struct, frozen=True):
    """As the wire has it: r and s in hex with all their digits, v 27 or 28."""

    r: str
    s: str
    v: int


class SigningKey:
    """A private key. address: of its account, lower case."""

    __slots__ = ("_key", "address")

    def __init__(self, secret: bytes) -> None:
        try:
            self._key: Any = _curve().PrivateKey(secret)
        except ValueError:
            # The library's own error may hold what it was given.
            raise _refusal() from None
        self.address = _address(self._key.public_key.format(compressed=False))

    @classmethod
    def from_text(cls, text: str) -> "SigningKey":
        """64 hex digits, with or without 0x. Raises InvalidFieldError, which does not show them."""
        digits = text.strip().removeprefix("0x")
        try:
            secret = bytes.fromhex(digits) if len(digits) == KEY_DIGITS else b""
        except ValueError:
            secret = b""
        if len(secret) != _WORD:
            raise _refusal()
        return cls(secret)

    def sign(self, digest: bytes) -> Signature:
        """Sign 32 bytes; equal bytes always have the same signature (RFC 6979)."""
        raw = self._key.sign_recoverable(digest, hasher=None)
        return Signature(
            "0x" + raw[:_WORD].hex(), "0x" + raw[_WORD : 2 * _WORD].hex(), _V_FIRST + raw[2 * _WORD]
        )

    @override
    def __repr__(self) -> str:
        return f"SigningKey({self.address})"

    def __reduce__(self) -> str:  # type: ignore[explicit-override]  # needs 3.12
        raise TypeError("a private key is not copied to where it might be read")


def signer_of(digest: bytes, signature: Signature) -> str | None:
    """The address that signed `digest`; None when no key can have made this signature. r and s
    may lack leading zeros."""
    try:
        numbers = [int(text, 16) for text in (signature.r, signature.s)]
        raw = b"".join(number.to_bytes(_WORD, "big") for number in numbers)
        raw += bytes([signature.v - _V_FIRST])
        public = _curve().PublicKey.from_signature_and_message(raw, digest, hasher=None)
    except (ValueError, OverflowError):
        return None
    return _address(public.format(compressed=False))


def _address(public: bytes) -> str:
    return "0x" + keccak256(public[1:])[-20:].hex()


def _refusal() -> InvalidFieldError:
    return InvalidFieldError("private key", "(hidden)", "64 hex digits, with or without 0x")


def _curve() -> Any:
    if coincurve is None:
        raise MakerError("signing needs the package coincurve, which has no wheel for this Python")
    return coincurve
