"""Keccak-256, the hash of Ethereum before SHA-3 was standardised: hashlib has only the latter."""

from collections.abc import Callable
from contextlib import suppress
from ctypes import ArgumentError
from functools import cache
from typing import Any

_EMPTY = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
"""Of no bytes."""

_DIGEST, _CAPACITY, _ROUNDS, _PADDING = 32, 64, 24, 1


def keccak256(data: bytes) -> bytes:
    """32 bytes."""
    return _hasher()(data)


@cache
def _hasher() -> Callable[[bytes], bytes]:
    # Loading it takes a tenth of a second, which `serve` has no use for without this venue.
    from Crypto.Hash import keccak  # noqa: PLC0415

    return fastest(keccak)


def fastest(keccak: Any) -> Callable[[bytes], bytes]:
    """The library's one call for a whole message, as its own SHA-3 makes it, where it has that; its
    object for a hash takes more than twice as long, and signing hashes three times."""

    def by_object(data: bytes) -> bytes:
        digest: bytes = keccak.new(data=data, digest_bits=8 * _DIGEST).digest()
        return digest

    with suppress(AttributeError, TypeError, ValueError, ArgumentError):
        at_once = _at_once(keccak)
        if at_once(b"") == _EMPTY:
            return at_once
    return by_object


def _at_once(keccak: Any) -> Callable[[bytes], bytes]:
    def hashed(data: bytes) -> bytes:
        out = buffer(_DIGEST)
        if oneshot(data, size(len(data)), out, digest, capacity, rounds, padding):
            raise ValueError("Keccak refused its input")
        found: bytes = bytes_of(out)
        return found

    buffer, bytes_of = keccak.create_string_buffer, keccak.get_raw_buffer
    size, byte = keccak.c_size_t, keccak.c_ubyte
    digest, capacity = size(_DIGEST), size(_CAPACITY)
    rounds, padding = byte(_ROUNDS), byte(_PADDING)
    oneshot = keccak._raw_keccak_lib.keccak_oneshot  # noqa: SLF001  public is the slow way
    return hashed
