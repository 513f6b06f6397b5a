"""Bodies of /exchange, read: by the schema of each action, whatever the order of its keys."""

from typing import Any

import msgspec
from msgspec import Raw, Struct

from market_maker.emulators.hyperliquid.canonical import canonical
from market_maker.emulators.hyperliquid.info import BadRequestError
from market_maker.emulators.hyperliquid.limits import BATCH_PER_WEIGHT
from market_maker.model.errors import InvalidDataError
from market_maker.venues.hyperliquid import actions, signing
from market_maker.venues.hyperliquid.keys import Signature
from market_maker.venues.hyperliquid.user_signed import USER_SIGNED

NOBODY = "0x" + "00" * 20
SIGNATURE_DIGITS = 66
INTEGER_MAX = 2**63


class ActionEnvelope(Struct):
    """A body of /exchange; absent and null are the same."""

    action: Raw
    nonce: int
    signature: Signature
    vaultAddress: str | None = None  # noqa: N815  the wire's names
    expiresAfter: int | None = None  # noqa: N815


class _Kind(Struct):
    type: str


class Signed(Struct, frozen=True):
    """A request that was read. action: one of ours, or a dict for what an account's own key signs.
    count: actions that it is to the address' quota."""

    kind: str
    action: Any
    terms: signing.SigningTerms
    signature: Signature
    by_user: bool
    count: int

    @property
    def weight(self) -> int:
        """To the limit by IP."""
        return 1 + self.count // BATCH_PER_WEIGHT

    @property
    def cancels(self) -> bool:
        """Whether it only takes orders away."""
        return self.kind in {"cancel", "cancelByCloid", "scheduleCancel"}


UNREADABLE = (
    msgspec.DecodeError,
    UnicodeDecodeError,
    InvalidDataError,
    OverflowError,
    RecursionError,
)

_envelope = msgspec.json.Decoder(ActionEnvelope)
_kind = msgspec.json.Decoder(_Kind)


def read(body: bytes | str) -> Signed:
    """Read a body. Raises BadRequestError for what the venue has no type for."""
    try:
        envelope = _envelope.decode(body)
        kind = _kind.decode(envelope.action).type
        by_user = kind in USER_SIGNED
        if by_user:
            action: Any = msgspec.json.decode(envelope.action, type=dict[str, Any])
        else:
            action = canonical(actions.decode_action(bytes(envelope.action)))
            actions.packed(action)  # a number of more than 64 bits cannot be hashed
    except UNREADABLE as error:
        raise BadRequestError(str(error)) from None
    _check(envelope)
    vault = envelope.vaultAddress.lower() if envelope.vaultAddress else None
    terms = signing.SigningTerms(envelope.nonce, vault, envelope.expiresAfter)
    return Signed(kind, action, terms, envelope.signature, by_user, _count(action))


def _check(envelope: ActionEnvelope) -> None:
    """What is signed has to fit its bytes."""
    for number in (envelope.nonce, envelope.expiresAfter or 0):
        if not 0 <= number < INTEGER_MAX:
            raise BadRequestError("a number is out of range")
    vault = (envelope.vaultAddress or NOBODY).lower()
    digits = vault.removeprefix("0x")
    if len(vault) != len(NOBODY) or any(one not in "0123456789abcdef" for one in digits):
        raise BadRequestError("vaultAddress is no address")
    signature = envelope.signature
    if max(len(signature.r), len(signature.s)) > SIGNATURE_DIGITS:
        raise BadRequestError("a signature is too long")


def _count(action: Any) -> int:
    for name in ("orders", "cancels", "modifies"):
        items = getattr(action, name, None)
        if items is not None:
            return max(1, len(items))
    return 1
