"""Answers of /info, as they arrive: money and sizes are texts there and Decimals here, times are
milliseconds. Fields that we do not use, and those that the venue will add, are passed over.

Source: Hyperliquid docs, "Info endpoint"; the recordings in tests/golden.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct, field


class _Wire(Struct, frozen=True, rename="camel"):
    """Keys in camel case."""


# Markets


class PerpAsset(_Wire, frozen=True):
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


class MarginTier(_Wire, frozen=True):
    """From a notional of `lower_bound` on."""

    lower_bound: Decimal
    max_leverage: int


class MarginTable(_Wire, frozen=True):
    """Tiers by notional, rising."""

    description: str = ""
    margin_tiers: tuple[MarginTier, ...] = ()


class PerpUniverse(_Wire, frozen=True):
    """Of one dex. collateral_token: index of a spot token; 0 is USDC."""

    universe: tuple[PerpAsset, ...]
    margin_tables: tuple[tuple[int, MarginTable], ...] = ()
    collateral_token: int = 0


class AssetContext(_Wire, frozen=True):
    """The state of a perpetual; mid_px and premium are None while its book is dead."""

    funding: Decimal
    open_interest: Decimal
    oracle_px: Decimal
    mark_px: Decimal
    mid_px: Decimal | None = None
    premium: Decimal | None = None
    prev_day_px: Decimal | None = None
    day_ntl_vlm: Decimal | None = None


class SpotContext(_Wire, frozen=True):
    """The state of a spot pair."""

    mark_px: Decimal
    mid_px: Decimal | None = None
    prev_day_px: Decimal | None = None
    day_ntl_vlm: Decimal | None = None
    coin: str = ""


class DexInfo(_Wire, frozen=True):
    """A builder's dex; its place in the list, the leading null included, is part of its ids."""

    name: str
    full_name: str = ""
    deployer: str = ""
    oracle_updater: str | None = None
    asset_to_streaming_oi_cap: tuple[tuple[str, Decimal], ...] = ()
    deployer_fee_scale: Decimal = Decimal(1)


class DexLimits(_Wire, frozen=True):
    """Caps of a dex on open interest, in notional."""

    total_oi_cap: Decimal
    oi_sz_cap_per_perp: Decimal
    max_transfer_ntl: Decimal | None = None
    coin_to_oi_cap: tuple[tuple[str, Decimal], ...] = ()


class SpotToken(_Wire, frozen=True):
    """Found by `index`, which is not its place in the list."""

    name: str
    index: int
    sz_decimals: int
    wei_decimals: int = 0
    token_id: str = ""
    full_name: str | None = None


class SpotPair(_Wire, frozen=True):
    """tokens: base and quote, by index."""

    name: str
    index: int
    tokens: tuple[int, int]
    is_canonical: bool = False


class SpotUniverse(_Wire, frozen=True):
    """All spot pairs and their tokens."""

    universe: tuple[SpotPair, ...]
    tokens: tuple[SpotToken, ...]


class BookLevel(Struct, frozen=True, gc=False):
    """px and sz as written: books are too frequent for Decimals. n: orders."""

    px: str
    sz: str
    n: int = 0


class BookAnswer(_Wire, frozen=True):
    """The best levels of bids and asks. fast: of five levels, every half second."""

    coin: str
    levels: tuple[tuple[BookLevel, ...], tuple[BookLevel, ...]]
    time: int = 0
    fast: bool = False


# Accounts


class WireLeverage(_Wire, frozen=True):
    """type: cross or isolated."""

    type: str
    value: int
    raw_usd: Decimal | None = None


class CumulativeFunding(_Wire, frozen=True):
    """What was paid since three moments; > 0 is a cost."""

    all_time: Decimal = Decimal(0)
    since_open: Decimal = Decimal(0)
    since_change: Decimal = Decimal(0)


class WirePosition(_Wire, frozen=True):
    """szi: signed size."""

    coin: str
    szi: Decimal
    leverage: WireLeverage
    entry_px: Decimal | None = None
    liquidation_px: Decimal | None = None
    margin_used: Decimal = Decimal(0)
    position_value: Decimal = Decimal(0)
    unrealized_pnl: Decimal = Decimal(0)
    max_leverage: int = 1
    cum_funding: CumulativeFunding = CumulativeFunding()


class AssetPosition(_Wire, frozen=True):
    """A position and its kind; there is only oneWay."""

    position: WirePosition
    type: str = "oneWay"


class MarginSummary(_Wire, frozen=True):
    """In the dex's collateral."""

    account_value: Decimal
    total_ntl_pos: Decimal
    total_margin_used: Decimal
    total_raw_usd: Decimal = Decimal(0)


class ClearingState(_Wire, frozen=True):
    """An account at one dex. Flat coins are left out."""

    asset_positions: tuple[AssetPosition, ...]
    margin_summary: MarginSummary
    withdrawable: Decimal = Decimal(0)
    cross_margin_summary: MarginSummary | None = None
    cross_maintenance_margin_used: Decimal | None = None
    time: int = 0


class SpotBalance(_Wire, frozen=True):
    """hold: what orders and positions have taken."""

    coin: str
    token: int
    total: Decimal
    hold: Decimal
    entry_ntl: Decimal = Decimal(0)


class SpotState(_Wire, frozen=True):
    """Balances of an account."""

    balances: tuple[SpotBalance, ...] = ()


class WireOrder(_Wire, frozen=True):
    """An order on the book, or one that was. sz: what is left. side: B buys, A sells."""

    coin: str
    side: str
    limit_px: Decimal
    sz: Decimal
    oid: int
    timestamp: int
    orig_sz: Decimal | None = None
    cloid: str | None = None
    reduce_only: bool | None = None
    tif: str | None = None
    order_type: str | None = None
    is_trigger: bool = False
    trigger_px: Decimal | None = None


class OrderNews(_Wire, frozen=True):
    """An order and what became of it: the venue's words for it are an open set."""

    order: WireOrder
    status: str
    status_timestamp: int = 0


class OrderAnswer(_Wire, frozen=True):
    """status: order, or unknownOid; then there is no order."""

    status: str
    order: OrderNews | None = None


class WireLiquidation(_Wire, frozen=True):
    """The mark price at which it was, and how: market or backstop."""

    mark_px: Decimal
    method: str
    liquidated_user: str | None = None


class WireFill(_Wire, frozen=True):
    """tid is a hash: unique with coin and time. fee: > 0 is a cost, in fee_token."""

    coin: str
    px: Decimal
    sz: Decimal
    side: str
    time: int
    oid: int
    tid: int = 0
    fee: Decimal = Decimal(0)
    fee_token: str = "USDC"  # noqa: S105  a currency
    start_position: Decimal = Decimal(0)
    dir: str = ""
    closed_pnl: Decimal = Decimal(0)
    crossed: bool = False
    hash: str = ""
    cloid: str | None = None
    builder_fee: Decimal | None = None
    liquidation: WireLiquidation | None = None
    twap_id: int | None = None


class FundingDelta(_Wire, frozen=True):
    """usdc: what was received, a cost is < 0. szi: signed size at the moment."""

    coin: str
    usdc: Decimal
    szi: Decimal
    funding_rate: Decimal
    type: str = "funding"
    n_samples: int | None = None


class FundingEntry(_Wire, frozen=True):
    """One payment of funding to or by an account."""

    time: int
    delta: FundingDelta
    hash: str = ""


class FundingRateEntry(_Wire, frozen=True):
    """One hour of a coin."""

    coin: str
    funding_rate: Decimal
    time: int
    premium: Decimal | None = None


class LedgerEntry(_Wire, frozen=True):
    """A deposit, withdrawal or transfer; what is in it depends on its type."""

    time: int
    delta: dict[str, Any]
    hash: str = ""


class QuotaAnswer(_Wire, frozen=True):
    """Actions of an address: used and allowed so far; > 0 of surplus was bought."""

    cum_vlm: Decimal
    n_requests_used: int
    n_requests_cap: int
    n_requests_surplus: int = 0


class FeesAnswer(_Wire, frozen=True):
    """Rates of an account on main perpetuals and on spot."""

    user_cross_rate: Decimal
    user_add_rate: Decimal
    user_spot_cross_rate: Decimal | None = None
    user_spot_add_rate: Decimal | None = None
    active_referral_discount: Decimal | None = None


class RoleData(_Wire, frozen=True):
    """user: whose agent; master: whose sub-account."""

    user: str | None = None
    master: str | None = None


class RoleAnswer(_Wire, frozen=True):
    """role: user, agent, vault, subAccount or missing."""

    role: str
    data: RoleData | None = None


class AgentAnswer(_Wire, frozen=True):
    """A named key that may act for an account, until valid_until (ms)."""

    name: str
    address: str
    valid_until: int | None = None


class AssetDataAnswer(_Wire, frozen=True):
    """What an account may do with one coin: buying, selling."""

    coin: str
    leverage: WireLeverage
    user: str = ""
    max_trade_szs: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    available_to_trade: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    mark_px: Decimal | None = None


class SubAccountAnswer(_Wire, frozen=True):
    """One of a master's."""

    name: str
    sub_account_user: str
    master: str = ""


class ExchangeStatus(_Wire, frozen=True):
    """time: the venue's clock."""

    time: int
    special_statuses: Any = None


class DexStatus(_Wire, frozen=True):
    """Of a builder's dex."""

    total_net_deposit: Decimal


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


class PortfolioPeriod(_Wire, frozen=True):
    """(ms, value) pairs."""

    account_value_history: tuple[tuple[int, Decimal], ...]
    pnl_history: tuple[tuple[int, Decimal], ...]
    vlm: Decimal
