"""What can be asked of /info: the question, what it weighs, and what the answer is.

Source of the weights: Hyperliquid docs, "Rate limits and user limits".
"""

from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from market_maker.model.errors import InvalidDataError
from market_maker.venues.http import UNREADABLE
from market_maker.venues.hyperliquid import account_wire, market_wire
from market_maker.venues.hyperliquid.precision import is_amount

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
    "meta": market_wire.PerpUniverse,
    "metaAndAssetCtxs": tuple[market_wire.PerpUniverse, tuple[market_wire.AssetContext, ...]],
    "spotMeta": market_wire.SpotUniverse,
    "spotMetaAndAssetCtxs": tuple[market_wire.SpotUniverse, tuple[market_wire.SpotContext, ...]],
    "allPerpMetas": tuple[
        market_wire.PerpUniverse
        | tuple[market_wire.PerpUniverse, tuple[market_wire.AssetContext, ...]],
        ...,
    ],
    "perpDexs": tuple[market_wire.DexInfo | None, ...],
    "perpDexLimits": market_wire.DexLimits | None,
    "perpDexStatus": market_wire.DexStatus,
    "perpsAtOpenInterestCap": tuple[str, ...],
    "clearinghouseState": account_wire.ClearingState,
    "spotClearinghouseState": account_wire.SpotState,
    "openOrders": tuple[account_wire.InfoOrder, ...],
    "frontendOpenOrders": tuple[account_wire.InfoOrder, ...],
    "orderStatus": account_wire.OrderAnswer,
    "historicalOrders": tuple[account_wire.OrderNews, ...],
    "userFills": tuple[account_wire.WireFill, ...],
    "userFillsByTime": tuple[account_wire.WireFill, ...],
    "userFunding": tuple[account_wire.FundingEntry, ...],
    "fundingHistory": tuple[market_wire.FundingRateEntry, ...],
    "userNonFundingLedgerUpdates": tuple[account_wire.LedgerUpdate, ...],
    "userRateLimit": account_wire.QuotaAnswer,
    "userFees": account_wire.FeesAnswer,
    "userRole": account_wire.RoleAnswer,
    "userAbstraction": str,
    "extraAgents": tuple[account_wire.AgentAnswer, ...],
    "subAccounts": tuple[account_wire.SubAccountAnswer, ...] | None,
    "activeAssetData": account_wire.AssetDataAnswer,
    "l2Book": market_wire.BookAnswer | None,
    "exchangeStatus": market_wire.ExchangeStatus,
    "candleSnapshot": tuple[market_wire.Candle, ...],
    "portfolio": tuple[tuple[str, account_wire.PortfolioPeriod], ...],
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
        answer = decoder.decode(body) if decoder else msgspec.json.decode(body)
    except UNREADABLE as error:
        raise InvalidDataError(f"answer to {question_type}", str(error)) from None
    if not _has_amounts(answer):
        raise InvalidDataError(f"answer to {question_type}", "a number that is no amount")
    return answer


def _has_amounts(answer: object) -> bool:
    """Whether every Decimal of it is an amount: the decoder takes "NaN" and "1e999999999"."""
    match answer:
        case Decimal():
            return is_amount(answer)
        case Struct():
            return all(map(_has_amounts, msgspec.structs.astuple(answer)))
        case tuple() | list():
            return all(map(_has_amounts, answer))
        case dict():
            return all(map(_has_amounts, answer.values()))
        case _:
            return True


def weight_of(question_type: str, answer: Any) -> int:
    """What an answer cost beyond the question's own weight."""
    if question_type not in LISTS or not isinstance(answer, tuple):
        return 0
    return len(answer) // ITEMS_PER_WEIGHT
