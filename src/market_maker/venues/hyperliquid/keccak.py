"""Keccak-256, the hash of Ethereum before SHA-3 was standardised: hashlib has only the latter."""

from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """32 bytes."""
    return keccak.new(data=data, digest_bits=256).digest()
