"""Actions of /exchange, their fields in the order in which they are hashed.

The wire's JSON may have its keys in any order, and null where a field may be absent; what is
signed is MessagePack of the fields in this order with absent ones left out. So the schema, not the
JSON, is what is hashed. Numbers that are prices and sizes are strings and hashed as written.

Source: Hyperliquid docs, "Exchange endpoint"; nktkas/hyperliquid and hyperliquid-python-sdk agree.
"""

from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from market_maker.model.errors import InvalidDataError


class Limit(Struct, frozen=True):
    """tif: Alo (post-only), Gtc, Ioc, FrontendMarket."""

    tif: str


class Trigger(Struct, frozen=True):
    """tpsl: tp or sl."""

    isMarket: bool  # noqa: N815  the wire's names
    triggerPx: str  # noqa: N815
    tpsl: str


class OrderType(Struct, frozen=True, omit_defaults=True):
    """One of the two."""

    limit: Limit | None = None
    trigger: Trigger | None = None


class OrderWire(Struct, frozen=True, omit_defaults=True):
    """a: asset id; b: buy; p: price; s: size; r: reduce only; t: type; c: cloid."""

    a: int
    b: bool
    p: str
    s: str
    r: bool
    t: OrderType
    c: str | None = None


class Priority(Struct, frozen=True):
    """p: priority fee in 1e-8 of notional."""

    p: int


class Builder(Struct, frozen=True):
    """b: address in lower case; f: tenths of a basis point."""

    b: str
    f: int


class _Tagged(Struct, frozen=True, omit_defaults=True, tag_field="type"):
    """The tag comes first."""


class PlaceOrders(_Tagged, frozen=True, omit_defaults=True, tag="order"):
    """Answered by one status per order, or by one error for all."""

    orders: tuple[OrderWire, ...]
    grouping: str | Priority
    builder: Builder | None = None


class CancelOid(Struct, frozen=True):
    """a: asset; o: the venue's order id."""

    a: int
    o: int


class CancelOrders(_Tagged, frozen=True, omit_defaults=True, tag="cancel"):
    """f: fast cancel; true or absent."""

    cancels: tuple[CancelOid, ...]
    f: bool | None = None


class CancelCloid(Struct, frozen=True):
    """By our own name for the order."""

    asset: int
    cloid: str


class CancelByCloid(_Tagged, frozen=True, omit_defaults=True, tag="cancelByCloid"):
    """f: fast cancel; true or absent."""

    cancels: tuple[CancelCloid, ...]
    f: bool | None = None


class Modify(_Tagged, frozen=True, omit_defaults=True, tag="modify"):
    """Cancel and replace. oid: an order id or a cloid. a: place also when the cancel failed."""

    oid: int | str
    order: OrderWire
    a: bool | None = None


class ModifyOne(Struct, frozen=True):
    """As Modify."""

    oid: int | str
    order: OrderWire


class BatchModify(_Tagged, frozen=True, omit_defaults=True, tag="batchModify"):
    """Several of them."""

    modifies: tuple[ModifyOne, ...]
    a: bool | None = None


class ScheduleCancel(_Tagged, frozen=True, omit_defaults=True, tag="scheduleCancel"):
    """Cancel all orders of the account at `time` (ms); absent: never."""

    time: int | None = None


class UpdateLeverage(_Tagged, frozen=True, tag="updateLeverage"):
    """Whole numbers from 1."""

    asset: int
    isCross: bool  # noqa: N815
    leverage: int


class UpdateIsolatedMargin(_Tagged, frozen=True, tag="updateIsolatedMargin"):
    """ntli: millionths of the collateral unit; negative takes margin away."""

    asset: int
    isBuy: bool  # noqa: N815
    ntli: int


class TopUpIsolatedOnlyMargin(_Tagged, frozen=True, tag="topUpIsolatedOnlyMargin"):
    """Margin up to what this leverage asks for."""

    asset: int
    leverage: str


class Noop(_Tagged, frozen=True, tag="noop"):
    """Uses the nonce up."""


class ReserveRequestWeight(_Tagged, frozen=True, omit_defaults=True, tag="reserveRequestWeight"):
    """Buys address quota."""

    weight: int
    destination: str | None = None


class TwapOrder(Struct, frozen=True):
    """m: minutes; t: randomise."""

    a: int
    b: bool
    s: str
    r: bool
    m: int
    t: bool


class PlaceTwap(_Tagged, frozen=True, tag="twapOrder"):
    """Slices over time."""

    twap: TwapOrder


class CancelTwap(_Tagged, frozen=True, tag="twapCancel"):
    """a: asset; t: TWAP id."""

    a: int
    t: int


class SetReferrer(_Tagged, frozen=True, tag="setReferrer"):
    """A referral code."""

    code: str


class CreateSubAccount(_Tagged, frozen=True, tag="createSubAccount"):
    """name: of the account that is made."""

    name: str


class SubAccountTransfer(_Tagged, frozen=True, tag="subAccountTransfer"):
    """usd: millionths."""

    subAccountUser: str  # noqa: N815
    isDeposit: bool  # noqa: N815
    usd: int


class SubAccountSpotTransfer(_Tagged, frozen=True, tag="subAccountSpotTransfer"):
    """A token and an amount."""

    subAccountUser: str  # noqa: N815
    isDeposit: bool  # noqa: N815
    token: str
    amount: str


class VaultTransfer(_Tagged, frozen=True, tag="vaultTransfer"):
    """usd: millionths."""

    vaultAddress: str  # noqa: N815
    isDeposit: bool  # noqa: N815
    usd: int


class AgentSendAsset(_Tagged, frozen=True, tag="agentSendAsset"):
    """Collateral between the dexes of one account."""

    destination: str
    sourceDex: str  # noqa: N815
    destinationDex: str  # noqa: N815
    token: str
    amount: str
    fromSubAccount: str  # noqa: N815
    nonce: int


class AgentSetAbstraction(_Tagged, frozen=True, tag="agentSetAbstraction"):
    """abstraction: i (standard), u (unified), p (portfolio margin)."""

    abstraction: str


class AgentEnableDexAbstraction(_Tagged, frozen=True, tag="agentEnableDexAbstraction"):
    """Discontinued, still sent."""


class ClaimRewards(_Tagged, frozen=True, tag="claimRewards"):
    """Of referrals."""


class EvmUserModify(_Tagged, frozen=True, tag="evmUserModify"):
    """usingBigBlocks: on HyperEVM."""

    usingBigBlocks: bool  # noqa: N815


ExchangeAction: TypeAlias = (
    PlaceOrders
    | CancelOrders
    | CancelByCloid
    | Modify
    | BatchModify
    | ScheduleCancel
    | UpdateLeverage
    | UpdateIsolatedMargin
    | TopUpIsolatedOnlyMargin
    | Noop
    | ReserveRequestWeight
    | PlaceTwap
    | CancelTwap
    | SetReferrer
    | CreateSubAccount
    | SubAccountTransfer
    | SubAccountSpotTransfer
    | VaultTransfer
    | AgentSendAsset
    | AgentSetAbstraction
    | AgentEnableDexAbstraction
    | ClaimRewards
    | EvmUserModify
)

_decoder: msgspec.json.Decoder[ExchangeAction] = msgspec.json.Decoder(ExchangeAction)


def decode_action(text: bytes | str) -> ExchangeAction:
    """An action from JSON with its keys in any order. Raises InvalidDataError: unknown type, a
    field missing or of another kind."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidDataError("action", str(error)) from None


def packed(action: Struct | dict[str, Any]) -> bytes:
    """MessagePack: what is hashed. Whole numbers in their shortest form."""
    return msgspec.msgpack.encode(action)


def limit_order(
    asset: int,
    *,
    buy: bool,
    price: str,
    size: str,
    reduce_only: bool = False,
    tif: str = "Alo",
    cloid: str | None = None,
) -> OrderWire:
    """A limit order; price and size as precision.wire has them."""
    kind = OrderType(limit=Limit(tif))
    return OrderWire(a=asset, b=buy, p=price, s=size, r=reduce_only, t=kind, c=cloid)
