"""Answers of /info about markets, as they arrive: money and sizes are texts there, Decimals here,
times are milliseconds. Fields that we do not use, and those that the venue will add, are passed
over. Source: Hyperliquid docs, "Info endpoint"; the recordings that tests/golden reads.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct, field


class WireStruct(Struct, frozen=True, rename="camel"):
    """Keys in camel case."""


class PerpAsset(WireStruct, frozen=True):
    """One entry of a universe. Its place in the list is part of its id; a delisted one keeps it.
    margin_mode: strictIsolated, noCross, normal or absent."""

    name: str
    sz_decimals: int
    max_leverage: int = 1
    margin_table_id: int | None = None
    only_isolated: bool = False
    margin_mode: str | None = None
    growth_mode: str | None = None
    is_delisted: bool = False


class MarginTier(WireStruct, frozen=True):
    """From a notional of `lower_bound` on."""

    lower_bound: Decimal
    max_leverage: int


class MarginTable(WireStruct, frozen=True):
    """Tiers by notional, rising."""

    description: str = ""
    margin_tiers: tuple[MarginTier, ...] = ()


class PerpUniverse(WireStruct, frozen=True):
    """Of one dex. collateral_token: index of a spot token; 0 is USDC."""

    universe: tuple[PerpAsset, ...]
    margin_tables: tuple[tuple[int, MarginTable], ...] = ()
    collateral_token: int = 0


class AssetContext(WireStruct, frozen=True):
    """The state of a perpetual; mid_px and premium are None while its book is dead."""

    funding: Decimal
    open_interest: Decimal
    oracle_px: Decimal
    mark_px: Decimal
    mid_px: Decimal | None = None
    premium: Decimal | None = None
    prev_day_px: Decimal | None = None
    day_ntl_vlm: Decimal | None = None


class SpotContext(WireStruct, frozen=True):
    """The state of a spot pair."""

    mark_px: Decimal
    mid_px: Decimal | None = None
    prev_day_px: Decimal | None = None
    day_ntl_vlm: Decimal | None = None
    coin: str = ""


class DexInfo(WireStruct, frozen=True):
    """A builder's dex; its place in the list, the leading null included, is part of its ids."""

    name: str
    full_name: str = ""
    deployer: str = ""
    oracle_updater: str | None = None
    asset_to_streaming_oi_cap: tuple[tuple[str, Decimal], ...] = ()
    deployer_fee_scale: Decimal = Decimal(1)


class DexLimits(WireStruct, frozen=True):
    """Caps of a dex on open interest, in notional."""

    total_oi_cap: Decimal
    oi_sz_cap_per_perp: Decimal
    max_transfer_ntl: Decimal | None = None
    coin_to_oi_cap: tuple[tuple[str, Decimal], ...] = ()


class SpotToken(WireStruct, frozen=True):
    """Found by `index`, which is not its place in the list."""

    name: str
    index: int
    sz_decimals: int
    wei_decimals: int = 0
    token_id: str = ""
    full_name: str | None = None


class SpotPair(WireStruct, frozen=True):
    """tokens: base and quote, by index."""

    name: str
    index: int
    tokens: tuple[int, int]
    is_canonical: bool = False


class SpotUniverse(WireStruct, frozen=True):
    """All spot pairs and their tokens."""

    universe: tuple[SpotPair, ...]
    tokens: tuple[SpotToken, ...]


class BookLevel(Struct, frozen=True, gc=False):
    """px and sz as written: books are too frequent for Decimals. n: orders."""

    px: str
    sz: str
    n: int = 0


class BookAnswer(WireStruct, frozen=True):
    """The best levels of bids and asks. fast: of five levels, every half second."""

    coin: str
    levels: tuple[tuple[BookLevel, ...], tuple[BookLevel, ...]]
    time: int = 0
    fast: bool = False


class DexStatus(WireStruct, frozen=True):
    """Of a builder's dex."""

    total_net_deposit: Decimal


class FundingRateEntry(WireStruct, frozen=True):
    """One hour of a coin."""

    coin: str
    funding_rate: Decimal
    time: int
    premium: Decimal | None = None


class Candle(Struct, frozen=True):
    """t to T in ms; open, close, high, low, base volume, trades."""

    begin: int = field(name="t")
    end: int = field(name="T")
    coin: str = field(name="s")
    interval: str = field(name="i")
    opening: Decimal = field(name="o")
    closing: Decimal = field(name="c")
    high: Decimal = field(name="h")
    low: Decimal = field(name="l")
    volume: Decimal = field(name="v")
    trades: int = field(name="n")


class ExchangeStatus(WireStruct, frozen=True):
    """time: the venue's clock."""

    time: int
    special_statuses: Any = None
