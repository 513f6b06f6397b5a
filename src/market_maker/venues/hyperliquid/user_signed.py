"""Actions that only an account's own key may sign: transfers and approvals, as EIP-712 typed data.

Each is signed field by field in the order of its type, with the chain it is meant for; the JSON's
order and any other keys it holds mean nothing. Source: hyperliquid-python-sdk 0.24.0, signing.py.
"""

from collections.abc import Mapping
from typing import Any, Final

from market_maker.model.errors import InvalidDataError
from market_maker.venues.hyperliquid.eip712 import domain, struct_hash, typed_digest

CHAIN_ID = "0x66eee"
"""What clients put into signatureChainId; any other is signed just as well."""

_CHAIN = ("hyperliquidChain", "string")
_NONCE = ("nonce", "uint64")
_TIME = ("time", "uint64")
_TO = ("destination", "string")
_AMOUNT = ("amount", "string")
_TOKEN = ("token", "string")

USER_SIGNED: Final[Mapping[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "usdSend": ("UsdSend", (_CHAIN, _TO, _AMOUNT, _TIME)),
    "spotSend": ("SpotSend", (_CHAIN, _TO, _TOKEN, _AMOUNT, _TIME)),
    "withdraw3": ("Withdraw", (_CHAIN, _TO, _AMOUNT, _TIME)),
    "usdClassTransfer": ("UsdClassTransfer", (_CHAIN, _AMOUNT, ("toPerp", "bool"), _NONCE)),
    "sendAsset": (
        "SendAsset",
        (
            _CHAIN,
            _TO,
            ("sourceDex", "string"),
            ("destinationDex", "string"),
            _TOKEN,
            _AMOUNT,
            ("fromSubAccount", "string"),
            _NONCE,
        ),
    ),
    "approveAgent": (
        "ApproveAgent",
        (_CHAIN, ("agentAddress", "address"), ("agentName", "string"), _NONCE),
    ),
    "approveBuilderFee": (
        "ApproveBuilderFee",
        (_CHAIN, ("maxFeeRate", "string"), ("builder", "address"), _NONCE),
    ),
    "userSetAbstraction": (
        "UserSetAbstraction",
        (_CHAIN, ("user", "address"), ("abstraction", "string"), _NONCE),
    ),
    "userDexAbstraction": (
        "UserDexAbstraction",
        (_CHAIN, ("user", "address"), ("enabled", "bool"), _NONCE),
    ),
    "tokenDelegate": (
        "TokenDelegate",
        (_CHAIN, ("validator", "address"), ("wei", "uint64"), ("isUndelegate", "bool"), _NONCE),
    ),
    "cDeposit": ("CDeposit", (_CHAIN, ("wei", "uint64"), _NONCE)),
    "cWithdraw": ("CWithdraw", (_CHAIN, ("wei", "uint64"), _NONCE)),
    "convertToMultiSigUser": (
        "ConvertToMultiSigUser",
        (_CHAIN, ("signers", "string"), _NONCE),
    ),
}
"""By action type: the name of its typed data and the fields that are signed, in order."""


def user_digest(action: Mapping[str, Any]) -> bytes:
    """The 32 bytes that are signed. A missing or null text is signed as an empty one (an agent
    without a name). Raises InvalidDataError: unknown type, or a field that cannot be signed."""
    kind = action.get("type")
    if not isinstance(kind, str) or kind not in USER_SIGNED:
        raise InvalidDataError("action", f"{kind!r} is not signed by an account's own key")
    name, fields = USER_SIGNED[kind]
    values = [action.get(field) for field, _ in fields]
    try:
        chain_id = int(str(action.get("signatureChainId", CHAIN_ID)), 16)
        signed = struct_hash(f"HyperliquidTransaction:{name}", fields, values)
        return typed_digest(domain("HyperliquidSignTransaction", chain_id), signed)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidDataError(f"action {kind}", str(error)) from None
