"""Keccak-256, the hash of Ethereum before SHA-3 was standardised: hashlib has only the latter."""


def keccak256(data: bytes) -> bytes:
    """32 bytes."""
    # Loading it takes a tenth of a second, which `serve` has no use for without this venue.
    from Crypto.Hash import keccak  # noqa: PLC0415

    return keccak.new(data=data, digest_bits=256).digest()
