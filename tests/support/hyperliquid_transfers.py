"""Transfers and approvals as a wallet signs them, for an emulator."""

from collections.abc import Mapping
from typing import Any

from market_maker.venues.hyperliquid.signing import Network, SignedRequest, SigningKey
from market_maker.venues.hyperliquid.user_signed import CHAIN_ID, user_digest


def user_signed(
    key: SigningKey, action: Mapping[str, Any], nonce: int, network: Network
) -> SignedRequest:
    """The body that carries a transfer or an approval; `nonce` goes into its time or nonce field.
    Raises InvalidDataError."""
    stamp = "time" if action.get("type") in {"usdSend", "spotSend", "withdraw3"} else "nonce"
    whole = {
        **action,
        stamp: nonce,
        "signatureChainId": CHAIN_ID,
        "hyperliquidChain": network.chain,
    }
    return SignedRequest(whole, nonce, key.sign(user_digest(whole)), None, None)
