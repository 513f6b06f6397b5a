"""Frames of the websocket. A frame that is of no known channel, or not what its channel says, is
counted and kept: nothing that the venue says is thrown away unseen.

Source: Hyperliquid docs, "WebSocket subscriptions".
"""

from collections import Counter, deque
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw, Struct

from market_maker.venues.http import UNREADABLE
from market_maker.venues.hyperliquid.account_wire import (
    AssetDataAnswer,
    ClearingState,
    FundingDelta,
    InfoOrder,
    LedgerUpdate,
    OrderNews,
    SpotState,
    WireFill,
)
from market_maker.venues.hyperliquid.market_wire import (
    AssetContext,
    BookAnswer,
    BookLevel,
    SpotContext,
    WireStruct,
)

GREETING = b"Websocket connection established."
"""What some servers say first; not JSON."""

KEPT_MAX = 100
"""Unreadable frames that are kept: the latest ones."""

KEPT_LENGTH = 2_000
"""Bytes that are kept of each."""


class Mids(WireStruct, frozen=True):
    """Of one dex; absent: the first."""

    mids: dict[str, str]
    dex: str | None = None


class Best(WireStruct, frozen=True):
    """The best bid and ask; None where a side is empty."""

    coin: str
    time: int
    bbo: tuple[BookLevel | None, BookLevel | None]


class WireTrade(WireStruct, frozen=True, gc=False):
    """side: the aggressor's."""

    coin: str
    side: str
    px: str
    sz: str
    time: int
    tid: int
    hash: str = ""
    users: tuple[str, ...] = ()


class PerpContext(WireStruct, frozen=True):
    """The state of a perpetual."""

    coin: str
    ctx: AssetContext


class SpotPairContext(WireStruct, frozen=True):
    """The state of a spot pair."""

    coin: str
    ctx: SpotContext


class FillNews(WireStruct, frozen=True):
    """is_snapshot: old ones, repeated upon subscription."""

    user: str
    fills: tuple[WireFill, ...]
    is_snapshot: bool = False


class FundingNews(FundingDelta, frozen=True):
    """A payment with its moment (ms)."""

    time: int = 0


class Fundings(WireStruct, frozen=True):
    """Payments of funding."""

    user: str
    fundings: tuple[FundingNews, ...]
    is_snapshot: bool = False


class LedgerNews(WireStruct, frozen=True):
    """Deposits, withdrawals and transfers."""

    user: str
    non_funding_ledger_updates: tuple[LedgerUpdate, ...]
    is_snapshot: bool = False


class ForcedCancel(WireStruct, frozen=True):
    """An order that the venue took off."""

    coin: str
    oid: int


class LiquidationNews(Struct, frozen=True):
    """A liquidation that the account was part of; keys in snake case on this channel."""

    lid: int
    liquidator: str
    liquidated_user: str
    liquidated_ntl_pos: Decimal
    liquidated_account_value: Decimal


class UserNews(WireStruct, frozen=True):
    """One of these in each frame; others (TWAP) are passed over."""

    fills: tuple[WireFill, ...] = ()
    funding: FundingNews | None = None
    liquidation: LiquidationNews | None = None
    non_user_cancel: tuple[ForcedCancel, ...] = ()


class AccountFrame(WireStruct, frozen=True):
    """An account at one dex."""

    user: str
    clearinghouse_state: ClearingState
    dex: str = ""


class OpenOrders(WireStruct, frozen=True):
    """All open orders of an account at one dex."""

    user: str
    orders: tuple[InfoOrder, ...]
    dex: str = ""


class Balances(WireStruct, frozen=True):
    """Spot balances of an account."""

    user: str
    spot_state: SpotState


class ChannelSubscription(Struct, frozen=True, omit_defaults=True):
    """What is subscribed to; two that are equal are the same. Fields that the venue adds to its
    confirmation are passed over."""

    type: str
    coin: str | None = None
    user: str | None = None
    dex: str | None = None
    fast: bool | None = None

    @property
    def channel(self) -> str:
        """Where its frames arrive."""
        return "user" if self.type == "userEvents" else self.type


class Subscribed(WireStruct, frozen=True):
    """method: subscribe or unsubscribe."""

    method: str
    subscription: ChannelSubscription


class PostResponse(Struct, frozen=True):
    """type: action, info or error; payload: the answer's body, or the error's text."""

    type: str
    payload: Raw


class Posted(Struct, frozen=True):
    """The answer to a request that was sent over the socket."""

    id: int
    response: PostResponse


class Pong(Struct, frozen=True):
    """The answer to a ping."""


class Complaint(Struct, frozen=True):
    """The venue did not understand or refused a message."""

    text: str


class Greeting(Struct, frozen=True):
    """Plain text at the beginning."""


class Unread(Struct, frozen=True):
    """A frame that could not be read; it has been counted and kept."""

    channel: str


Frame: TypeAlias = (
    Mids
    | BookAnswer
    | Best
    | tuple[WireTrade, ...]
    | PerpContext
    | SpotPairContext
    | FillNews
    | Fundings
    | LedgerNews
    | UserNews
    | tuple[OrderNews, ...]
    | AccountFrame
    | OpenOrders
    | Balances
    | AssetDataAnswer
    | Subscribed
    | Posted
    | Pong
    | Complaint
    | Greeting
    | Unread
)

CHANNELS: dict[str, Any] = {
    "allMids": Mids,
    "l2Book": BookAnswer,
    "bbo": Best,
    "trades": tuple[WireTrade, ...],
    "activeAssetCtx": PerpContext,
    "activeSpotAssetCtx": SpotPairContext,
    "userFills": FillNews,
    "userFundings": Fundings,
    "userNonFundingLedgerUpdates": LedgerNews,
    "user": UserNews,
    "orderUpdates": tuple[OrderNews, ...],
    "clearinghouseState": AccountFrame,
    "openOrders": OpenOrders,
    "spotState": Balances,
    "activeAssetData": AssetDataAnswer,
    "subscriptionResponse": Subscribed,
    "post": Posted,
}

_decoders = {name: msgspec.json.Decoder(kind) for name, kind in CHANNELS.items()}


class _Envelope(Struct):
    channel: str
    data: Raw = Raw(b"null")


_envelope = msgspec.json.Decoder(_Envelope)
_text = msgspec.json.Decoder(str)


class FrameReader:
    """Reads frames. seen: by channel. unread: by channel; kept: the latest of those, cut."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.unread: Counter[str] = Counter()
        self.kept: deque[tuple[str, bytes]] = deque(maxlen=KEPT_MAX)

    def read(self, raw: bytes) -> Frame:
        """One frame; Unread where it is none that we know."""
        try:
            envelope = _envelope.decode(raw)
        except UNREADABLE:
            return Greeting() if raw.startswith(GREETING) else self._keep("", raw)
        channel = envelope.channel
        self.seen[channel] += 1
        decoder = _decoders.get(channel)
        try:
            if decoder is not None:
                frame: Frame = decoder.decode(envelope.data)
                return frame
            if channel == "pong":
                return Pong()
            if channel == "error":
                return Complaint(_text.decode(envelope.data))
        except UNREADABLE:
            pass
        return self._keep(channel, raw)

    def _keep(self, channel: str, raw: bytes) -> Unread:
        self.unread[channel] += 1
        self.kept.append((channel, raw[:KEPT_LENGTH]))
        return Unread(channel)
