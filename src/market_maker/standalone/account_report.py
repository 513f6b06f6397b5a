"""What an account has at the venue: positions, money, orders, margin, leverage, dex by dex."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from market_maker.model.account import (
    AccountFunds,
    AccountMode,
    HeldPosition,
    LeverageSetting,
    SpotHolding,
)
from market_maker.model.shared_fields import shared_fields
from market_maker.model.shown_url import shown_url
from market_maker.standalone.opening import OpenedMarket, network_name, url_of
from market_maker.standalone.settings import MakerSettings
from market_maker.venues.hyperliquid.account import context_of
from market_maker.venues.hyperliquid.account_wire import InfoOrder
from market_maker.venues.hyperliquid.cloids import is_ours
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.session import HyperliquidSession

RULE = "=" * 60
SIDES = {"B": "BUY ", "A": "SELL"}


class OrderLine(Struct, frozen=True):
    """One open order. ours: sent by this program, by its cloid."""

    coin: str
    side: str
    price: Decimal
    size: Decimal
    oid: int
    ours: bool
    trigger: bool = False


class DexReport(Struct, frozen=True):
    """One dex; "main" is the venue's own."""

    dex: str
    funds: AccountFunds
    orders: tuple[OrderLine, ...]


class AccountReport(Struct, frozen=True):
    """leverage: of the asset of the settings. mark_price: its mark. actions_left: of the account's
    lifetime allowance. spot: its tokens. warnings: one line each."""

    network: str
    url: str
    signer: str
    role: str
    account: str
    mode: str
    asset: str
    mark_price: Decimal
    leverage: LeverageSetting
    max_leverage: int
    actions_left: int
    dexes: tuple[DexReport, ...]
    spot: tuple[SpotHolding, ...] = ()
    warnings: tuple[str, ...] = ()


async def account_report(settings: MakerSettings, opened: OpenedMarket) -> AccountReport:
    """Ask for everything. Raises VenueError."""
    session, market = opened.session, opened.market
    identity, account = session.identity, session.account
    read = dict.fromkeys(one.dex for one in session.universe.markets.values())
    read.pop(market.dex)
    leverage, mark = await account.leverage_and_mark(market.coin)
    if mark is None:
        mark = (await context_of(session.connection.rest, market)).mark_px
    return AccountReport(
        network=network_name(settings),
        url=shown_url(url_of(settings)),
        **shared_fields(AccountReport, identity, but=("mode",)),
        mode=identity.mode.value,
        asset=market.coin,
        mark_price=mark,
        leverage=leverage,
        max_leverage=market.max_leverage,
        actions_left=(await account.allowance()).left,
        dexes=tuple([await _dex_report(session, dex, market.dex) for dex in (market.dex, *read)]),
        spot=await account.spot_holdings(),
    )


async def _dex_report(session: HyperliquidSession, dex: str, own: str) -> DexReport:
    """Orders are asked for only where there may be some: the list of a dex weighs 20 of the 1,200 a
    minute. Without money, margin in use or a position there, the venue takes none in standard
    mode."""
    funds = await session.account.funds_of(session.universe.of_dex(dex)[0])
    split = session.identity.mode is AccountMode.STANDARD
    if split and dex != own and not (funds.equity or funds.margin_used or funds.positions):
        return DexReport(dex or "main", funds, ())
    question = ask("frontendOpenOrders", user=session.account.address, dex=dex or None)
    listed: tuple[InfoOrder, ...] = await session.connection.rest.ask(question)
    orders = tuple(_order(order) for order in listed)
    return DexReport(dex or "main", funds, orders)


def _order(order: InfoOrder) -> OrderLine:
    return OrderLine(
        coin=order.coin,
        side=SIDES.get(order.side, order.side).strip(),
        price=order.limit_px,
        size=order.sz,
        oid=order.oid,
        ours=is_ours(order.cloid),
        trigger=order.is_trigger,
    )


def report_lines(report: AccountReport) -> Iterator[str]:
    """For people."""
    whose = "" if report.signer == report.account else f" (by its {report.role} {report.signer})"
    yield from (RULE, f"Account Status for {report.asset}", RULE)
    yield f"Network:           {report.network} ({report.url})"
    yield f"Wallet:            {report.account}{whose}"
    yield f"Account mode:      {report.mode}"
    kind = "isolated" if report.leverage.isolated else "cross"
    yield f"Leverage:          {report.leverage.leverage}x {kind}, at most {report.max_leverage}x"
    yield f"Mark Price:        ${report.mark_price:f}"
    yield f"Actions left:      {report.actions_left}"
    for dex in report.dexes:
        yield from _dex_lines(dex, report.asset)
    yield from _spot_lines(report.spot)
    for warning in report.warnings:
        yield f"warning: {warning}"


def _dex_lines(report: DexReport, asset: str) -> Iterator[str]:
    funds, unit = report.funds, report.funds.collateral
    own = (":" in asset and asset.partition(":")[0] == report.dex) or (
        ":" not in asset and report.dex == "main"
    )
    if not (own or funds.equity or funds.positions or report.orders):
        yield f"\n{report.dex}: nothing"
        return
    yield f"\n{report.dex}"
    yield f"  Account Value:    ${funds.equity:f} {unit}"
    yield f"  Available Margin: ${funds.available:f} {unit}"
    yield f"  Margin Used:      ${funds.margin_used:f} {unit}"
    yield f"  Total Notional:   ${funds.position_value:f} {unit}"
    if not any(one.symbol == asset for one in funds.positions) and own:
        yield "  Position:         None"
    for held in funds.positions:
        yield from _position_lines(held)
    yield f"  Open Orders:      {len(report.orders)}"
    for order in report.orders:
        whose = "" if order.ours else "  (not sent by market_maker)"
        line = f"{order.side:4}  {order.size:f} {order.coin} @ ${order.price:f}"
        yield f"    {line}{'  (trigger)' if order.trigger else ''}{whose}"


def _spot_lines(spot: tuple[SpotHolding, ...]) -> Iterator[str]:
    if not spot:
        yield "\nspot: nothing"
        return
    yield "\nspot"
    for held in spot:
        cost = f", entered at ${held.entry_value:f}" if held.entry_value else ""
        free = f"{held.available:f} available{cost}"
        yield f"  Balance:          {held.total:f} {held.token} ({free})"


def _position_lines(held: HeldPosition) -> Iterator[str]:
    kind = "isolated" if held.isolated else "cross"
    yield f"  Position:         {held.size:f} {held.symbol} ({held.leverage}x {kind})"
    yield f"    Entry Price:    ${held.entry_price:f}"
    yield f"    Unrealized PnL: ${held.unrealised:f}"
    if held.liquidation_price is not None:
        yield f"    Liquidation:    ${held.liquidation_price:f}"


def orphans(report: AccountReport) -> tuple[OrderLine, ...]:
    """Open orders that this program sent."""
    return tuple(order for dex in report.dexes for order in dex.orders if order.ours)
