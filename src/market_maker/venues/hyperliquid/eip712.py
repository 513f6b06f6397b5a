"""Typed data of Ethereum (EIP-712), as much of it as Hyperliquid uses."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from market_maker.venues.hyperliquid.keccak import keccak256

Fields = Sequence[tuple[str, str]]
_NOBODY = "0x" + "00" * 20
_DOMAIN = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)


@lru_cache(maxsize=64)
def domain(name: str, chain_id: int) -> bytes:
    """The separator of version 1 of a program, without a contract."""
    return struct_hash("EIP712Domain", _DOMAIN, (name, "1", chain_id, _NOBODY))


def struct_hash(name: str, fields: Fields, values: Sequence[Any]) -> bytes:
    """Of one flat struct. Raises ValueError, TypeError or OverflowError for a value that is not of
    its field's type."""
    words = [_word(kind, value) for (_, kind), value in zip(fields, values, strict=True)]
    return keccak256(_type_hash(name, tuple(fields)) + b"".join(words))


@lru_cache(maxsize=64)
def struct_head(name: str, fields: tuple[tuple[str, str], ...], first: tuple[str, ...]) -> bytes:
    """What is hashed of a struct before its last fields: the type, and `first`, its texts that are
    always the same."""
    words = [_word("string", text) for text in first]
    return _type_hash(name, fields) + b"".join(words)


def typed_digest(separator: bytes, signed: bytes) -> bytes:
    """What is signed in the end."""
    return keccak256(b"\x19\x01" + separator + signed)


@lru_cache(maxsize=64)
def _type_hash(name: str, fields: tuple[tuple[str, str], ...]) -> bytes:
    listed = ",".join(f"{kind} {field}" for field, kind in fields)
    return keccak256(f"{name}({listed})".encode())


@lru_cache(maxsize=64)
def _text_hash(text: str) -> bytes:
    """Kept: the network of every action is one of two, and a hash is a sixth of what signing
    takes."""
    return keccak256(text.encode())


def _word(kind: str, value: Any) -> bytes:
    """32 bytes of one value."""
    match kind:
        case "string":
            return _text_hash(_text(value))
        case "bool" if isinstance(value, bool):
            return int(value).to_bytes(32, "big")
        case "address":
            raw = bytes.fromhex(_text(value).removeprefix("0x"))
            if len(raw) != len(_NOBODY) // 2 - 1:
                raise ValueError(f"{value!r} is not an address")
            return raw.rjust(32, b"\0")
        case "bytes32":
            return bytes(value)
        case _ if isinstance(value, int) and kind.startswith("uint"):
            # A number that its type cannot hold is refused.
            return value.to_bytes(int(kind[4:]) // 8, "big").rjust(32, b"\0")
    raise TypeError(f"{value!r} is not a {kind}")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value
