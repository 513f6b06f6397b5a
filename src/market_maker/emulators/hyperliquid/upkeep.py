"""What becomes due by itself: scheduled cancels, triggers, funding, liquidations."""

from decimal import Decimal
from random import Random
from typing import Any

from market_maker.emulators.hyperliquid.accounts import PerpAccount
from market_maker.emulators.hyperliquid.judging import NotTaken
from market_maker.emulators.hyperliquid.numbers import shown, usd
from market_maker.emulators.hyperliquid.orders import ClientOrder
from market_maker.emulators.hyperliquid.trading import ClientTrading
from market_maker.emulators.hyperliquid.universe import Listed
from market_maker.emulators.hyperliquid.world import FundingTold, UserEvent, World

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SCHEDULES_A_DAY = 10
SCHEDULE_AHEAD_MS = 5_000
BASE_RATE = Decimal("0.0000125")
FUNDING_DECIMALS = 10


class HourlyFunding:
    """Hourly rates made of a seed: the same for the same hour, whenever it is asked for."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def rate(self, coin: str, hour: int) -> Decimal:
        """Of the hour that ends at `hour` (ms): around a hundredth of a basis point."""
        dice = Random(f"{self._seed}/{coin}/{hour}")  # noqa: S311  repeatable, nothing secret
        noise = Decimal(dice.gauss(0.0, 1.0)).quantize(Decimal("0.0001"))
        return (BASE_RATE * (1 + noise)).quantize(Decimal(1).scaleb(-FUNDING_DECIMALS))

    def entry(self, coin: str, hour: int) -> dict[str, Any]:
        """As fundingHistory lists it."""
        rate = self.rate(coin, hour)
        premium = shown(rate * 8 - BASE_RATE * 8)
        return {"coin": coin, "fundingRate": shown(rate), "premium": premium, "time": hour}


class Upkeep:
    """Called as time goes on. required: USD that an account has to have traded before it may
    schedule a cancel."""

    def __init__(
        self, world: World, trading: ClientTrading, funding: HourlyFunding, required: Decimal
    ) -> None:
        self._world, self._trading, self._funding = world, trading, funding
        self._required = required
        self._hour = world.now // HOUR_MS

    def run(self) -> None:
        """Everything that is due now."""
        world = self._world
        accounts = list(world.accounts.accounts.values())
        for account in accounts:
            if account.cancel_all_at is not None and world.now >= account.cancel_all_at:
                self._cancel_all(account)
        self._trading.trigger_due()
        if world.now // HOUR_MS > self._hour:
            self._hour = world.now // HOUR_MS
            for account in accounts:
                self._pay(account, self._hour * HOUR_MS)
        self._uphold_caps()
        for account in accounts:
            self._judge(account)

    # the dead man's switch

    def schedule(self, account: PerpAccount, time: int | None) -> None:
        """Cancel everything at `time` (ms); None: never. Raises NotTaken."""
        now = self._world.now
        if account.volume < self._required:
            raise NotTaken(
                "Cannot set scheduled cancel time until enough volume traded. "
                f"Required: ${shown(self._required).removesuffix('.0')}. "
                f"Traded: ${shown(usd(account.volume))}."
            )
        if time is None:
            account.cancel_all_at = None
            return
        if time < now + SCHEDULE_AHEAD_MS:
            raise NotTaken("Scheduled cancel time must be at least 5 seconds in the future.")
        day, count = account.triggered
        if day == now // DAY_MS and count >= SCHEDULES_A_DAY:
            raise NotTaken("Too many scheduled cancels triggered today.")
        account.cancel_all_at = time

    def _cancel_all(self, account: PerpAccount) -> None:
        today = self._world.now // DAY_MS
        day, count = account.triggered
        account.triggered = (today, count + 1 if day == today else 1)
        account.cancel_all_at = None
        self.drop(account, self._world.orders.open_of(account.address), "scheduledCancel")

    def drop(self, account: PerpAccount, orders: list[ClientOrder], status: str) -> None:
        """The venue ends orders on its own account, and reports them."""
        for order in orders:
            self._trading.remove(order, status)
        if orders:
            gone = [{"coin": one.listed.perp.name, "oid": one.oid} for one in orders]
            self._world.tell(UserEvent(account.address, {"nonUserCancel": gone}))

    def _uphold_caps(self) -> None:
        """At the cap of a perpetual orders that would add to open interest are taken off."""
        world = self._world
        full = {one.asset for one in world.universe.listed if self._is_full(one)}
        if not full:
            return
        for account in list(world.accounts.accounts.values()):
            adding = [
                order
                for order in world.orders.open_of(account.address)
                if order.listed.asset in full
                and not order.reduce_only
                and account.holdings[order.listed.asset].lots * order.sign >= 0
            ]
            self.drop(account, adding, "openInterestCapCanceled")

    def _is_full(self, listed: Listed) -> bool:
        perp, world = listed.perp, self._world
        if perp.cap_usd is None or perp.delisted:
            return False
        interest = world.open_interest(listed.asset) * perp.lot * world.mark(listed.asset)
        return interest >= perp.cap_usd

    # funding

    def _pay(self, account: PerpAccount, hour: int) -> None:
        """Longs pay the shorts where the rate is above 0, on the oracle's price."""
        world = self._world
        for asset, holding in account.holdings.items():
            listed = world.universe.asset(asset)
            if listed is None or not holding.lots:
                continue
            rate = self._funding.rate(listed.perp.name, hour)
            size = holding.lots * listed.perp.lot
            due = usd(size * world.oracles[asset] * rate)
            if holding.cross:
                account.cash[world.margins.pool(account, listed.dex)] -= due
            else:
                holding.raw -= due
            holding.paid_ever += due
            holding.paid_open += due
            holding.paid_change += due
            self._tell_funding(account, listed, hour, (rate, size, due))

    def _tell_funding(
        self,
        account: PerpAccount,
        listed: Listed,
        hour: int,
        paid: tuple[Decimal, Decimal, Decimal],
    ) -> None:
        rate, size, due = paid
        terms = {
            "coin": listed.perp.name,
            "usdc": shown(-due),
            "szi": shown(size),
            "fundingRate": shown(rate),
            "nSamples": None,
        }
        delta = {"type": "funding", **terms}
        account.fundings.append({"time": hour, "hash": "0x" + "00" * 32, "delta": delta})
        self._world.tell(
            FundingTold(account.address, {"time": hour, **terms}),
            UserEvent(account.address, {"funding": {"time": hour, **terms}}),
        )

    # liquidations

    def _judge(self, account: PerpAccount) -> None:
        """Close what its margin does not carry any more, at the market, and cancel all orders."""
        world = self._world
        if not any(holding.lots for holding in account.holdings.values()):
            return
        for dex in range(len(world.universe.dexes)):
            doomed = list(world.margins.doomed(account, dex))
            if doomed:
                self._liquidate(account, dex, doomed)

    def _liquidate(self, account: PerpAccount, dex: int, doomed: list[Listed]) -> None:
        world = self._world
        coins = {listed.asset for listed in doomed}
        orders = world.orders.open_of(account.address)
        self.drop(account, [o for o in orders if o.listed.asset in coins], "liquidatedCanceled")
        pool = world.margins.summary(account, dex, {})
        notional = sum(
            (abs(world.margins.worth(one, account.holdings[one.asset])) for one in doomed),
            Decimal(0),
        )
        terms = {
            "lid": world.orders.number(),
            "liquidator": "0x" + "11" * 20,
            "liquidated_user": account.address,
            "liquidated_ntl_pos": shown(usd(notional)),
            "liquidated_account_value": shown(usd(pool.all_value)),
        }
        world.tell(UserEvent(account.address, {"liquidation": terms}))
        for listed in doomed:
            self._trading.close_at_market(account, listed)
