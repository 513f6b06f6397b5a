"""The venue's name for an order, made from ours.

A client order id is text of any length, a cloid 16 bytes. So one is derived from the other: four
bytes that say that this program sent it, twelve of the hash of the name. Nothing can be read out of
a cloid; an order is found again by deriving the cloid of its name once more.
"""

from hashlib import blake2b

TAG = bytes.fromhex("6d6d6b72")
"""First in every cloid of ours, and by chance in one of four thousand million others."""

CLOID_LENGTH = 34
_HASHED = 12


def cloid_of(client_order_id: str) -> str:
    """0x and 32 hex digits; the same for the same name, for ever."""
    named = blake2b(client_order_id.encode(), digest_size=_HASHED, person=b"market_maker")
    return "0x" + (TAG + named.digest()).hex()


def is_ours(cloid: str | None) -> bool:
    """Whether a program like this one sent the order: all makers of an account are alike."""
    return (
        cloid is not None
        and len(cloid) == CLOID_LENGTH
        and cloid.lower().startswith("0x" + TAG.hex())
    )
