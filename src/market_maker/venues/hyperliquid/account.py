"""An account at Hyperliquid: what it has, what it may, and commands to it."""

from decimal import Decimal
from typing import Any

from market_maker.model.account import (
    AccountFunds,
    AccountMode,
    ActionAllowance,
    DeadManState,
    FeeRates,
    FundingReceipt,
    HeldPosition,
    LeverageSetting,
    OpenInterestRoom,
    SpotHolding,
)
from market_maker.model.errors import InvalidFieldError, VenueRefusedError, VenueUnavailableError
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.account_wire import (
    AssetDataAnswer,
    ClearingState,
    CoinPosition,
    FeesAnswer,
    FundingEntry,
    QuotaAnswer,
    SpotBalance,
    SpotState,
)
from market_maker.venues.hyperliquid.accounts import TradingAccount
from market_maker.venues.hyperliquid.actions import (
    ExchangeAction,
    ScheduleCancel,
    TopUpIsolatedOnlyMargin,
    UpdateIsolatedMargin,
    UpdateLeverage,
)
from market_maker.venues.hyperliquid.client import Delivery, Rest
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.info import ROWS_MAX, ask
from market_maker.venues.hyperliquid.market_wire import AssetContext, DexLimits
from market_maker.venues.hyperliquid.precision import MarketKind, millionths
from market_maker.venues.hyperliquid.universe import MAIN, ListedMarket, Universe

SCHEDULE_MIN = Nanos(5 * NANOS_PER_SECOND)
"""The venue takes no earlier moment."""

NO_BALANCE = SpotBalance("", -1, Decimal(0), Decimal(0))

GROWTH_FEE = Decimal("0.1")
"""Of the fees, in a market in growth mode."""


class HyperliquidAccount:
    """AccountAtVenue. Markets are called by their coin."""

    def __init__(
        self,
        connection: HyperliquidConnection,
        universe: Universe,
        account: TradingAccount,
        mode: AccountMode,
    ) -> None:
        self._connection, self._universe = connection, universe
        self._account, self._mode = account, mode
        self._rest = connection.rest

    @property
    def address(self) -> str:
        """Whose account it is."""
        return self._account.address

    # what it has

    async def funds(self, symbol: str) -> AccountFunds:
        return await self.funds_of(self._universe.markets[symbol])

    async def funds_of(self, market: ListedMarket) -> AccountFunds:
        """Where this market trades; also for spot, where a position is a balance at its cost."""
        if market.kind is MarketKind.SPOT:
            return await self._spot_funds(market)
        state: ClearingState = await self._ask("clearinghouseState", dex=market.dex or None)
        positions = tuple(_position(held.position) for held in state.asset_positions)
        summary = state.margin_summary
        if self._mode is AccountMode.STANDARD:
            return AccountFunds(
                collateral=market.collateral,
                equity=summary.account_value,
                available=state.withdrawable,
                margin_used=summary.total_margin_used,
                position_value=summary.total_ntl_pos,
                positions=positions,
            )
        # One balance for everything: the summary of a dex is without meaning there.
        balance = await self._balance(market.collateral_index)
        unrealised = sum((one.unrealised for one in positions), Decimal(0))
        return AccountFunds(
            collateral=market.collateral,
            equity=balance.total + unrealised,
            available=balance.total - balance.hold,
            margin_used=balance.hold,
            position_value=sum((one.value for one in positions), Decimal(0)),
            positions=positions,
        )

    async def _spot_funds(self, market: ListedMarket) -> AccountFunds:
        state: SpotState = await self._ask("spotClearinghouseState")
        balances = {one.token: one for one in state.balances}
        money = balances.get(market.collateral_index, NO_BALANCE)
        base = NO_BALANCE if market.base_index is None else balances.get(market.base_index)
        held = () if base is None or not base.total else (_spot_position(market, base),)
        worth = sum((one.value for one in held), Decimal(0))
        return AccountFunds(
            collateral=market.collateral,
            equity=money.total + worth,
            available=money.total - money.hold,
            margin_used=money.hold,
            position_value=worth,
            positions=held,
        )

    async def spot_holdings(self) -> tuple[SpotHolding, ...]:
        """Every token that it has."""
        spot: SpotState = await self._ask("spotClearinghouseState")
        return tuple(
            SpotHolding(one.coin, one.total, one.hold, one.entry_ntl)
            for one in spot.balances
            if one.total
        )

    async def _balance(self, token: int) -> SpotBalance:
        spot: SpotState = await self._ask("spotClearinghouseState")
        for balance in spot.balances:
            if balance.token == token:
                return balance
        return NO_BALANCE

    async def allowance(self) -> ActionAllowance:
        told: QuotaAnswer = await self._ask("userRateLimit")
        self._connection.quota(self._account).learn(told)
        return ActionAllowance(told.n_requests_used, told.n_requests_cap, told.n_requests_surplus)

    async def fees(self, symbol: str) -> FeeRates:
        told: FeesAnswer = await self._ask("userFees")
        market = self._universe.markets[symbol]
        if market.kind is MarketKind.SPOT:
            maker = _or(told.user_spot_add_rate, told.user_add_rate)
            return FeeRates(maker, _or(told.user_spot_cross_rate, told.user_cross_rate))
        factor = self._deployer_factor(market)
        taker = told.user_cross_rate * factor
        # A rebate is the venue's own and not scaled by a deployer.
        maker = told.user_add_rate * (factor if told.user_add_rate > 0 else 1)
        return FeeRates(maker, taker)

    def _deployer_factor(self, market: ListedMarket) -> Decimal:
        if market.dex == MAIN:
            return Decimal(1)
        dexes = (dex for dex in self._universe.dexes if dex is not None)
        scale = next(dex.deployer_fee_scale for dex in dexes if dex.name == market.dex)
        factor = 1 + scale if scale < 1 else 2 * scale
        return factor * (GROWTH_FEE if market.growth else 1)

    async def open_interest(self, symbol: str) -> OpenInterestRoom:
        market = self._universe.markets[symbol]
        dex = market.dex or None
        context = await context_of(self._rest, market)
        capped: tuple[str, ...] = await self._rest.ask(ask("perpsAtOpenInterestCap", dex=dex))
        cap = None
        if dex is not None:
            limits: DexLimits | None = await self._rest.ask(ask("perpDexLimits", dex=dex))
            cap = dict(limits.coin_to_oi_cap).get(symbol) if limits else None
        return OpenInterestRoom(context.open_interest * context.mark_px, cap, symbol in capped)

    async def funding(self, since: Nanos) -> tuple[FundingReceipt, ...]:
        start = -(-since // NANOS_PER_MS)
        found: dict[tuple[int, str], FundingReceipt] = {}
        while True:
            page: tuple[FundingEntry, ...] = await self._ask("userFunding", startTime=start)
            known = len(found)
            found.update({(one.time, one.delta.coin): _receipt(one) for one in page})
            if len(page) < ROWS_MAX or len(found) == known:
                return tuple(sorted(found.values(), key=lambda one: (one.at, one.symbol)))
            # The last moment may have more than fitted into the page.
            start = max(entry.time for entry in page)

    # commands

    async def leverage(self, symbol: str) -> LeverageSetting:
        return (await self.leverage_and_mark(symbol))[0]

    async def leverage_and_mark(self, symbol: str) -> tuple[LeverageSetting, Decimal | None]:
        """With the mark price, which the venue answers in one; None where it does not."""
        told: AssetDataAnswer = await self._ask("activeAssetData", coin=symbol)
        leverage = LeverageSetting(told.leverage.value, told.leverage.type == "isolated")
        return leverage, told.mark_px

    async def set_leverage(self, symbol: str, leverage: int, *, isolated: bool) -> bool:
        market = self._universe.markets[symbol]
        if not 1 <= leverage <= market.max_leverage:
            raise InvalidFieldError("leverage", leverage, f"1 to {market.max_leverage}")
        if market.isolated and not isolated:
            raise InvalidFieldError("margin", "cross", f"isolated, the only kind that {symbol} has")
        if await self.leverage(symbol) == LeverageSetting(leverage, isolated):
            return False
        await self.tell(UpdateLeverage(market.asset, not isolated, leverage))
        return True

    async def add_margin(self, symbol: str, amount: Decimal) -> None:
        market = self._universe.markets[symbol]
        # The venue goes by the position, not by this flag.
        await self.tell(UpdateIsolatedMargin(market.asset, isBuy=True, ntli=millionths(amount)))

    async def top_up(self, symbol: str, leverage: Decimal) -> None:
        """As much margin as brings an isolated position down to this leverage."""
        asset = self._universe.markets[symbol].asset
        await self.tell(TopUpIsolatedOnlyMargin(asset, f"{leverage:f}"))

    async def schedule_cancel(self, at: Nanos | None) -> DeadManState:
        if at is not None and at - self._connection.clock.now() < SCHEDULE_MIN:
            raise InvalidFieldError("at", at, "at least 5 s from now")
        time = None if at is None else at // NANOS_PER_MS - self._connection.clock_ahead_ms
        try:
            await self.tell(ScheduleCancel(time), urgent=at is None)
        except VenueRefusedError as error:
            return DeadManState(None, str(error))
        return DeadManState(at)

    async def tell(self, action: ExchangeAction, *, urgent: bool = False) -> None:
        """Send an action that is no order. Raises VenueRefusedError in the venue's words, and
        VenueUnavailableError where it is not known whether it was done."""
        delivered = await self._connection.act(self._account, action, urgent=urgent)
        kind = type(action).__name__
        match delivered.delivery:
            case Delivery.ANSWERED if delivered.answer.refused is None:
                return
            case Delivery.ANSWERED:
                raise VenueRefusedError(delivered.answer.refused)
            case Delivery.REFUSED:
                raise VenueRefusedError(f"{kind}: {delivered.problem}")
            case _:
                raise VenueUnavailableError(f"{kind}: {delivered.problem}")

    async def _ask(self, kind: str, **about: Any) -> Any:
        return await self._rest.ask(ask(kind, user=self.address, **about))


async def context_of(rest: Rest, market: ListedMarket) -> AssetContext:
    """The state of a perpetual now: mark price, open interest. Raises VenueError, also where the
    answer has no state or no price of it."""
    meta, contexts = await rest.ask(ask("metaAndAssetCtxs", dex=market.dex or None))
    # Delisted or listed just now: one half of an answer may be longer.
    for asset, context in zip(meta.universe, contexts, strict=False):
        if asset.name == market.coin and context.mark_px > 0:
            found: AssetContext = context
            return found
    raise VenueUnavailableError(f"metaAndAssetCtxs: {market.coin} has no price in it")


def _position(held: CoinPosition) -> HeldPosition:
    return HeldPosition(
        symbol=held.coin,
        size=held.szi,
        entry_price=held.entry_px or Decimal(0),
        value=held.position_value,
        unrealised=held.unrealized_pnl,
        margin_used=held.margin_used,
        leverage=held.leverage.value,
        isolated=held.leverage.type == "isolated",
        liquidation_price=held.liquidation_px,
        funding_since_open=held.cum_funding.since_open,
    )


def _spot_position(market: ListedMarket, held: SpotBalance) -> HeldPosition:
    return HeldPosition(
        symbol=market.coin,
        size=held.total,
        entry_price=held.entry_ntl / held.total,
        value=held.entry_ntl,
        unrealised=Decimal(0),
        margin_used=Decimal(0),
        leverage=1,
        isolated=False,
    )


def _receipt(entry: FundingEntry) -> FundingReceipt:
    delta = entry.delta
    at = Nanos(entry.time * NANOS_PER_MS)
    return FundingReceipt(delta.coin, at, delta.usdc, delta.szi, delta.funding_rate)


def _or(rate: Decimal | None, other: Decimal) -> Decimal:
    return other if rate is None else rate
