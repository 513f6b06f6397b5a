"""Answers of /exchange. HTTP 200 says only that the request was read: a refusal of the whole is
{"status": "err"}, one of a single order an error among `statuses`.

Texts differ in their ends ("... asset=173"), so they are distinguished by how they begin or by what
they contain. Source: Hyperliquid docs, "Error responses"; recorded test-net traffic.
"""

from decimal import Decimal
from enum import Enum
from typing import TypeAlias

import msgspec
from msgspec import Raw, Struct

from market_maker.model.errors import InvalidDataError
from market_maker.venues.http import UNREADABLE


class Resting(Struct, frozen=True):
    """It is on the book."""

    oid: int
    cloid: str | None = None


class FilledAtOnce(Struct, frozen=True, rename="camel"):
    """It was filled as it came."""

    oid: int
    total_sz: Decimal
    avg_px: Decimal
    cloid: str | None = None


class Done(Struct, frozen=True):
    """word: success, waitingForFill, waitingForTrigger."""

    word: str


class Refused(Struct, frozen=True):
    """text: the venue's."""

    text: str


Status: TypeAlias = Resting | FilledAtOnce | Done | Refused


class _StatusWire(Struct, frozen=True):
    resting: Resting | None = None
    filled: FilledAtOnce | None = None
    error: str | None = None


class _Data(Struct, frozen=True):
    statuses: tuple[str | _StatusWire, ...] = ()


class _Response(Struct, frozen=True):
    type: str = "default"
    data: Raw = Raw(b"{}")


class _Envelope(Struct, frozen=True):
    status: str
    response: Raw = Raw(b"{}")
    data: Raw = Raw(b"{}")


class ActionAnswer(Struct, frozen=True):
    """refused: why nothing of the action was done; then there are no statuses. statuses: one for
    each order of the action, or one error for all of them; none for actions without orders."""

    refused: str | None = None
    kind: str = "default"
    statuses: tuple[Status, ...] = ()

    def of(self, count: int) -> tuple[Status, ...]:
        """One status for each of `count` orders: an answer that is one error for all, repeated.
        Raises InvalidDataError where they cannot be matched to orders."""
        if self.refused is not None:
            return (Refused(self.refused),) * count
        if len(self.statuses) == count:
            return self.statuses
        if len(self.statuses) == 1 and isinstance(self.statuses[0], Refused):
            return self.statuses * count
        raise InvalidDataError("answer", f"{len(self.statuses)} statuses for {count} orders")


_envelope = msgspec.json.Decoder(_Envelope)
_response = msgspec.json.Decoder(_Response)
_data = msgspec.json.Decoder(_Data)
_text = msgspec.json.Decoder(str)


def action_answer(body: bytes) -> ActionAnswer:
    """Read an answer. Raises InvalidDataError."""
    try:
        envelope = _envelope.decode(body)
        if envelope.status != "ok":
            return ActionAnswer(refused=_text.decode(envelope.response))
        response = _response.decode(envelope.response)
        data = response.data if response.data != b"{}" else envelope.data
        kind, statuses = response.type, _data.decode(data).statuses
        return ActionAnswer(None, kind, tuple(map(_status, statuses)))
    except UNREADABLE as error:
        raise InvalidDataError("answer of /exchange", str(error)) from None


def _status(told: str | _StatusWire) -> Status:
    if isinstance(told, str):
        return Done(told)
    if told.error is not None:
        return Refused(told.error)
    if told.resting is not None:
        return told.resting
    if told.filled is not None:
        return told.filled
    raise InvalidDataError("answer of /exchange", "a status of an unknown kind")


class Refusal(Enum):
    """What a refusal asks of us."""

    POST_ONLY = "the order would have traded at once"
    REDUCE_ONLY = "a reduce-only order would not reduce"
    MIN_NOTIONAL = "below the minimum order value"
    INVALID = "price or size off the grid"
    MARGIN = "not enough margin"
    OPEN_INTEREST = "at an open interest cap"
    ORACLE_DISTANCE = "too far from the oracle price"
    POSITION_LIMIT = "above a position, leverage or order count limit"
    QUOTA = "the address has used up its actions"
    PAUSED = "the venue takes only some orders for now"
    EXPIRED = "it arrived too late"
    GONE = "no such open order"
    NONCE = "the nonce is used or out of range"
    UNKNOWN_SIGNER = "the key may not act for this account"
    NO_FUNDS = "the account was never funded"
    BUILDER = "a builder fee was not approved"
    UNSUPPORTED = "not possible for this account or asset"
    OTHER = "refused"


_BY_TEXT: tuple[tuple[str, Refusal], ...] = (
    ("post only order would have immediately matched", Refusal.POST_ONLY),
    ("reduce only order would increase", Refusal.REDUCE_ONLY),
    ("order must have minimum value", Refusal.MIN_NOTIONAL),
    ("price must be divisible by tick size", Refusal.INVALID),
    ("order has invalid price", Refusal.INVALID),
    ("order has invalid size", Refusal.INVALID),
    ("order has zero size", Refusal.INVALID),
    ("invalid tp/sl price", Refusal.INVALID),
    ("insufficient margin", Refusal.MARGIN),
    ("insufficient spot balance", Refusal.MARGIN),
    ("insufficient balance", Refusal.MARGIN),
    ("order has insufficient spot balance", Refusal.MARGIN),
    ("account does not have sufficient margin", Refusal.MARGIN),
    ("isolated position does not have sufficient margin", Refusal.MARGIN),
    ("while open interest is capped", Refusal.OPEN_INTEREST),
    ("at open interest cap", Refusal.OPEN_INTEREST),
    ("open interest too quickly", Refusal.OPEN_INTEREST),
    ("too far from oracle", Refusal.ORACLE_DISTANCE),
    ("away from the reference price", Refusal.ORACLE_DISTANCE),
    ("margin tier limit", Refusal.POSITION_LIMIT),
    ("too many open orders", Refusal.POSITION_LIMIT),
    ("too many cumulative requests", Refusal.QUOTA),
    ("only post-only orders allowed", Refusal.PAUSED),
    ("trading is halted", Refusal.PAUSED),
    ("action already expired", Refusal.EXPIRED),
    ("never placed, already canceled, or filled", Refusal.GONE),
    ("invalid nonce", Refusal.NONCE),
    ("nonce too low", Refusal.NONCE),
    ("user or api wallet", Refusal.UNKNOWN_SIGNER),
    ("vault not registered", Refusal.UNKNOWN_SIGNER),
    ("must deposit before performing", Refusal.NO_FUNDS),
    ("builder fee has not been approved", Refusal.BUILDER),
    ("cannot set scheduled cancel time", Refusal.UNSUPPORTED),
    ("cross margin is not allowed", Refusal.UNSUPPORTED),
    ("cannot switch leverage type", Refusal.UNSUPPORTED),
    ("cannot update margin for empty position", Refusal.UNSUPPORTED),
    ("cannot remove isolated margin", Refusal.UNSUPPORTED),
    ("does not use isolated margin", Refusal.UNSUPPORTED),
    ("abstraction transition not allowed", Refusal.UNSUPPORTED),
    ("invalid leverage", Refusal.UNSUPPORTED),
)


def refusal_of(text: str) -> Refusal:
    """What a text of the venue means; OTHER for one that we do not know."""
    lowered = text.lower()
    return next((kind for part, kind in _BY_TEXT if part in lowered), Refusal.OTHER)
