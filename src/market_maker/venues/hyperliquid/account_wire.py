"""Answers of /info about accounts, as market_wire has them about markets."""

from decimal import Decimal
from typing import Any

from market_maker.venues.hyperliquid.market_wire import WireStruct


class WireLeverage(WireStruct, frozen=True):
    """type: cross or isolated."""

    type: str
    value: int
    raw_usd: Decimal | None = None


class CumulativeFunding(WireStruct, frozen=True):
    """What was paid since three moments; > 0 is a cost."""

    all_time: Decimal = Decimal(0)
    since_open: Decimal = Decimal(0)
    since_change: Decimal = Decimal(0)


class CoinPosition(WireStruct, frozen=True):
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


class AssetPosition(WireStruct, frozen=True):
    """A position and its kind; there is only oneWay."""

    position: CoinPosition
    type: str = "oneWay"


class MarginSummary(WireStruct, frozen=True):
    """In the dex's collateral."""

    account_value: Decimal
    total_ntl_pos: Decimal
    total_margin_used: Decimal
    total_raw_usd: Decimal = Decimal(0)


class ClearingState(WireStruct, frozen=True):
    """An account at one dex. Flat coins are left out."""

    asset_positions: tuple[AssetPosition, ...]
    margin_summary: MarginSummary
    withdrawable: Decimal = Decimal(0)
    cross_margin_summary: MarginSummary | None = None
    cross_maintenance_margin_used: Decimal | None = None
    time: int = 0


class SpotBalance(WireStruct, frozen=True):
    """hold: what orders and positions have taken."""

    coin: str
    token: int
    total: Decimal
    hold: Decimal
    entry_ntl: Decimal = Decimal(0)


class SpotState(WireStruct, frozen=True):
    """Balances of an account."""

    balances: tuple[SpotBalance, ...] = ()


class InfoOrder(WireStruct, frozen=True):
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


class OrderNews(WireStruct, frozen=True):
    """An order and what became of it: the venue's words for it are an open set."""

    order: InfoOrder
    status: str
    status_timestamp: int = 0


class OrderAnswer(WireStruct, frozen=True):
    """status: order, or unknownOid; then there is no order."""

    status: str
    order: OrderNews | None = None


class WireLiquidation(WireStruct, frozen=True):
    """The mark price at which it was, and how: market or backstop."""

    mark_px: Decimal
    method: str
    liquidated_user: str | None = None


class WireFill(WireStruct, frozen=True):
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


class FundingDelta(WireStruct, frozen=True):
    """usdc: what was received, a cost is < 0. szi: signed size at the moment."""

    coin: str
    usdc: Decimal
    szi: Decimal
    funding_rate: Decimal
    type: str = "funding"
    n_samples: int | None = None


class FundingEntry(WireStruct, frozen=True):
    """One payment of funding to or by an account."""

    time: int
    delta: FundingDelta
    hash: str = ""


class LedgerUpdate(WireStruct, frozen=True):
    """A deposit, withdrawal or transfer; what is in it depends on its type."""

    time: int
    delta: dict[str, Any]
    hash: str = ""


class QuotaAnswer(WireStruct, frozen=True):
    """Actions of an address: used and allowed so far; > 0 of surplus was bought."""

    cum_vlm: Decimal
    n_requests_used: int
    n_requests_cap: int
    n_requests_surplus: int = 0


class FeesAnswer(WireStruct, frozen=True):
    """Rates of an account on main perpetuals and on spot."""

    user_cross_rate: Decimal
    user_add_rate: Decimal
    user_spot_cross_rate: Decimal | None = None
    user_spot_add_rate: Decimal | None = None
    active_referral_discount: Decimal | None = None


class RoleData(WireStruct, frozen=True):
    """user: whose agent; master: whose sub-account."""

    user: str | None = None
    master: str | None = None


class RoleAnswer(WireStruct, frozen=True):
    """role: user, agent, vault, subAccount or missing."""

    role: str
    data: RoleData | None = None


class AgentAnswer(WireStruct, frozen=True):
    """A named key that may act for an account, until valid_until (ms)."""

    name: str
    address: str
    valid_until: int | None = None


class AssetDataAnswer(WireStruct, frozen=True):
    """What an account may do with one coin: buying, selling."""

    coin: str
    leverage: WireLeverage
    user: str = ""
    max_trade_szs: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    available_to_trade: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    mark_px: Decimal | None = None


class SubAccountAnswer(WireStruct, frozen=True):
    """One of a master's."""

    name: str
    sub_account_user: str
    master: str = ""


class PortfolioPeriod(WireStruct, frozen=True):
    """(ms, value) pairs."""

    account_value_history: tuple[tuple[int, Decimal], ...]
    pnl_history: tuple[tuple[int, Decimal], ...]
    vlm: Decimal
