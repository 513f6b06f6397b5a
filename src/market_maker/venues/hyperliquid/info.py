"""What can be asked of /info: the question, what it weighs, and what the answer is.

Source of the weights: Hyperliquid docs, "Rate limits and user limits".
"""

from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from market_maker.model.errors import InvalidDataError
from market_maker.venues.hyperliquid import info_wire as wire

Answer = TypeVar("Answer")

WEIGHT = 20
WEIGHT_LIGHT = 2
WEIGHT_ROLE = 60
ITEMS_PER_WEIGHT = 20
"""A list weighs one more for every so many of its items."""

LIGHT = frozenset(
    {
        "l2Book",
        "allMids",
        "clearinghouseState",
        "orderStatus",
        "spotClearinghouseState",
        "exchangeStatus",
    }
)
LISTS = frozenset(
    {
        "recentTrades",
        "historicalOrders",
        "userFills",
        "userFillsByTime",
        "fundingHistory",
        "userFunding",
        "userNonFundingLedgerUpdates",
        "userTwapSliceFills",
    }
)

FILLS_MAX = 2_000
"""In one answer; more are asked for by time."""

ROWS_MAX = 500
"""Of any other list that is asked for by time."""

KINDS: dict[str, Any] = {
    "allMids": dict[str, Decimal],
    "meta": wire.PerpUniverse,
    "metaAndAssetCtxs": tuple[wire.PerpUniverse, tuple[wire.AssetContext, ...]],
    "spotMeta": wire.SpotUniverse,
    "spotMetaAndAssetCtxs": tuple[wire.SpotUniverse, tuple[wire.SpotContext, ...]],
    "perpDexs": tuple[wire.DexInfo | None, ...],
    "perpDexLimits": wire.DexLimits | None,
    "perpDexStatus": wire.DexStatus,
    "perpsAtOpenInterestCap": tuple[str, ...],
    "clearinghouseState": wire.ClearingState,
    "spotClearinghouseState": wire.SpotState,
    "openOrders": tuple[wire.WireOrder, ...],
    "frontendOpenOrders": tuple[wire.WireOrder, ...],
    "orderStatus": wire.OrderAnswer,
    "historicalOrders": tuple[wire.OrderNews, ...],
    "userFills": tuple[wire.WireFill, ...],
    "userFillsByTime": tuple[wire.WireFill, ...],
    "userFunding": tuple[wire.FundingEntry, ...],
    "fundingHistory": tuple[wire.FundingRateEntry, ...],
    "userNonFundingLedgerUpdates": tuple[wire.LedgerEntry, ...],
    "userRateLimit": wire.QuotaAnswer,
    "userFees": wire.FeesAnswer,
    "userRole": wire.RoleAnswer,
    "userAbstraction": str,
    "extraAgents": tuple[wire.AgentAnswer, ...],
    "subAccounts": tuple[wire.SubAccountAnswer, ...] | None,
    "activeAssetData": wire.AssetDataAnswer,
    "l2Book": wire.BookAnswer | None,
    "exchangeStatus": wire.ExchangeStatus,
    "candleSnapshot": tuple[wire.Candle, ...],
    "portfolio": tuple[tuple[str, wire.PortfolioPeriod], ...],
}
"""By the type of the question. Others can be asked too; their answers are plain JSON."""

_decoders = {name: msgspec.json.Decoder(kind) for name, kind in KINDS.items()}


class Question(Struct, Generic[Answer], frozen=True):
    """type: of KINDS. about: the other keys."""

    type: str
    about: tuple[tuple[str, Any], ...] = ()

    def body(self) -> bytes:
        """As it is posted."""
        return msgspec.json.encode({"type": self.type, **dict(self.about)})

    @property
    def weight(self) -> int:
        """What it costs at least of the minute's budget of this IP address."""
        if self.type in LIGHT:
            return WEIGHT_LIGHT
        return WEIGHT_ROLE if self.type == "userRole" else WEIGHT


def ask(type: str, **about: Any) -> "Question[Any]":  # noqa: A002  the wire's name
    """A question; a value of None leaves its key out."""
    return Question(type, tuple((key, value) for key, value in about.items() if value is not None))


def answer_of(question_type: str, body: bytes) -> Any:
    """The answer, checked. Raises InvalidDataError: not what this question is answered with."""
    decoder = _decoders.get(question_type)
    try:
        return decoder.decode(body) if decoder else msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidDataError(f"answer to {question_type}", str(error)) from None


def weight_of(question_type: str, answer: Any) -> int:
    """What an answer cost beyond the question's own weight."""
    if question_type not in LISTS or not isinstance(answer, tuple):
        return 0
    return len(answer) // ITEMS_PER_WEIGHT
