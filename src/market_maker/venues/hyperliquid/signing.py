"""What is signed for /exchange, and the bodies that carry it.

An action is hashed with its nonce, the vault or sub-account it is for and the time after which it
is not to be executed; the hash is signed as a "phantom agent" whose source names the network.
Source: hyperliquid-python-sdk 0.24.0 (signing.py), nktkas/hyperliquid; checked by their vectors.
"""

from enum import Enum
from typing import Any

from msgspec import Struct, json

from market_maker.venues.hyperliquid.actions import ExchangeAction, packed
from market_maker.venues.hyperliquid.eip712 import domain, struct_head, typed_digest
from market_maker.venues.hyperliquid.keccak import keccak256
from market_maker.venues.hyperliquid.keys import Signature, SigningKey

_AGENT = (("source", "string"), ("connectionId", "bytes32"))
_CHAIN_OF_EXCHANGE = 1337


class Network(Enum):
    """Where a signature counts. Every server that is not the main network counts as test."""

    MAINNET = ("a", "Mainnet")
    TESTNET = ("b", "Testnet")

    @property
    def source(self) -> str:
        """Of the phantom agent."""
        return self.value[0]

    @property
    def chain(self) -> str:
        """hyperliquidChain of what an account's own key signs."""
        return self.value[1]


class SigningTerms(Struct, frozen=True):
    """What is hashed beside an action. nonce: ms, never twice per key. vault: a vault or
    sub-account, in whose name the key acts. expires_after: ms; None: never."""

    nonce: int
    vault: str | None = None
    expires_after: int | None = None


class SignedRequest(Struct, frozen=True):
    """A body of /exchange. action: as it was hashed."""

    action: Any
    nonce: int
    signature: Signature
    vaultAddress: str | None  # noqa: N815  the wire's names
    expiresAfter: int | None  # noqa: N815


def connection_id(action: ExchangeAction | dict[str, Any], terms: SigningTerms) -> bytes:
    """The hash of an action: 32 bytes. A plain dict is hashed in the order in which it stands."""
    blob = bytearray(packed(action))
    blob += terms.nonce.to_bytes(8, "big")
    if terms.vault is None:
        blob.append(0)
    else:
        blob.append(1)
        blob += bytes.fromhex(terms.vault.removeprefix("0x"))
    if terms.expires_after is not None:
        blob.append(0)
        blob += terms.expires_after.to_bytes(8, "big")
    return keccak256(bytes(blob))


def action_digest(
    action: ExchangeAction | dict[str, Any], terms: SigningTerms, network: Network
) -> bytes:
    """What is signed for an action: 32 bytes."""
    head = struct_head("Agent", _AGENT, (network.source,))
    agent = keccak256(head + connection_id(action, terms))
    return typed_digest(domain("Exchange", _CHAIN_OF_EXCHANGE), agent)


def signed(
    key: SigningKey, action: ExchangeAction | dict[str, Any], terms: SigningTerms, network: Network
) -> SignedRequest:
    """The body that carries an action."""
    signature = key.sign(action_digest(action, terms, network))
    return SignedRequest(action, terms.nonce, signature, terms.vault, terms.expires_after)


def body(request: SignedRequest) -> bytes:
    """As it is posted."""
    return json.encode(request)
