"""Whether an order may be placed, and the venue's own words when it may not.

Texts: Hyperliquid docs, "Error responses", and recorded answers, which end in the asset's id. Where
no source has one, the text says what is wrong in plain words.
"""

from decimal import Decimal

from msgspec import Struct

from market_maker.emulators.hyperliquid.accounts import PerpAccount, PerpPosition
from market_maker.emulators.hyperliquid.markets import MIN_NOTIONAL
from market_maker.emulators.hyperliquid.numbers import bare, decimal
from market_maker.emulators.hyperliquid.orders import TriggerTerms
from market_maker.emulators.hyperliquid.universe import SPOT_FIRST, Listed, MarginMode
from market_maker.emulators.hyperliquid.world import World
from market_maker.venues.hyperliquid.actions import OrderWire, Trigger

LOTS_MAX = 2**53
TIFS = ("Alo", "Gtc", "Ioc", "FrontendMarket", "LiquidationMarket")
FAR = Decimal("0.8")
ORDERS_BASE, ORDERS_MOST = 1_000, 5_000
ORDERS_VOLUME = Decimal(5_000_000)
"""Volume for one more open order, USD."""


class NotTaken(Exception):  # noqa: N818  a value of the protocol, not a failure of ours
    """An order is not taken. status: as it is remembered."""

    def __init__(self, text: str, status: str = "rejected") -> None:
        super().__init__(text)
        self.text, self.status = text, status


class WantedOrder(Struct, frozen=True):
    """An order that may be placed as far as its own words go. price: ticks. size: lots."""

    listed: Listed
    buy: bool
    price: int
    size: int
    reduce_only: bool
    tif: str | None
    cloid: str | None
    trigger: TriggerTerms | None
    builder_fee: int


class VenueConditions(Struct):
    """What the venue does at the moment beside matching. post_only_until: ms, after an upgrade.
    halted: asset ids."""

    post_only_until: int = 0
    halted: frozenset[int] = frozenset()


def read(world: World, wire: OrderWire, builder_fee: int) -> WantedOrder:
    """An order's words. Raises NotTaken."""
    listed = world.universe.asset(wire.a)
    if listed is None:
        spot = any(wire.a == SPOT_FIRST + pair.index for pair in world.universe.pairs)
        raise NotTaken("Spot is not traded here." if spot else "Asset is not listed.")
    price, size = decimal(wire.p), decimal(wire.s)
    if price is None or price <= 0:
        raise NotTaken("Order has invalid price.")
    if size is None or size < 0:
        raise NotTaken("Order has invalid size.")
    if size == 0:
        raise NotTaken("Order has zero size.")
    ticks, lots = price / listed.perp.tick, size / listed.perp.lot
    if lots != lots.to_integral_value() or lots > LOTS_MAX:
        raise NotTaken("Order has invalid size.")
    whole = ticks == ticks.to_integral_value() and ticks <= LOTS_MAX
    if not whole or int(ticks) % listed.perp.step(int(ticks)):
        raise NotTaken("Price must be divisible by tick size.", "tickRejected")
    tif = wire.t.limit.tif if wire.t.limit else None
    if (tif is None and wire.t.trigger is None) or tif not in {None, *TIFS}:
        raise NotTaken("Order has invalid time in force.")
    trigger = _terms(wire, wire.t.trigger) if wire.t.trigger else None
    return WantedOrder(
        listed, wire.b, int(ticks), int(lots), wire.r, tif, wire.c, trigger, builder_fee
    )


def far_from_reference(world: World, wanted: WantedOrder) -> bool:
    """Whether its price could not be meant."""
    reference = world.oracles[wanted.listed.asset]
    price = wanted.price * wanted.listed.perp.tick
    return abs(price / reference - 1) > FAR


def judge(
    world: World, account: PerpAccount, wanted: WantedOrder, conditions: VenueConditions
) -> None:
    """Raises NotTaken for an order that the account or the market does not allow now."""
    listed = wanted.listed
    if listed.perp.delisted or listed.asset in conditions.halted:
        raise NotTaken("Trading is halted.")
    if world.now < conditions.post_only_until and wanted.tif != "Alo":
        raise NotTaken("Only post-only orders allowed immediately after a network upgrade")
    if wanted.cloid is not None and world.orders.open_one(account.address, wanted.cloid):
        raise NotTaken("Cloid is that of an open order.")
    _judge_count(world, account, wanted)
    price = wanted.price * listed.perp.tick
    if not wanted.reduce_only and price * wanted.size * listed.perp.lot < MIN_NOTIONAL:
        raise NotTaken(_too_small(world, listed), "minTradeNtlRejected")
    holding = account.holdings.setdefault(listed.asset, usual_settings(listed))
    if wanted.trigger is not None:
        return
    if wanted.reduce_only:
        if holding.lots * (1 if wanted.buy else -1) >= 0:
            raise NotTaken("Reduce only order would increase position.", "reduceOnlyRejected")
        return
    _judge_open_interest(world, wanted, holding)
    _judge_margin(world, account, wanted, holding)


def judge_post_only(world: World, wanted: WantedOrder) -> None:
    """Raises NotTaken when it would trade at once."""
    facing = world.best(wanted.listed.asset, buy=not wanted.buy)
    if facing is None or not crosses(wanted, facing):
        return
    bid = world.best(wanted.listed.asset, buy=True)
    ask = world.best(wanted.listed.asset, buy=False)
    sides = "@".join("0" if side is None else bare(side) for side in (bid, ask))
    text = f"Post only order would have immediately matched, bbo was {sides}."
    raise NotTaken(text, "badAloPxRejected")


def crosses(wanted: WantedOrder, facing: Decimal) -> bool:
    """Whether its price reaches the other side."""
    price = wanted.price * wanted.listed.perp.tick
    return price >= facing if wanted.buy else price <= facing


def usual_settings(listed: Listed) -> PerpPosition:
    """Of an account that never chose: its highest leverage up to 20, cross where it may be."""
    return PerpPosition(min(20, listed.perp.max_leverage), listed.perp.mode is MarginMode.NORMAL)


def _terms(wire: OrderWire, trigger: Trigger) -> TriggerTerms:
    price = decimal(trigger.triggerPx)
    if price is None or price <= 0 or trigger.tpsl not in {"tp", "sl"}:
        raise NotTaken("Invalid TP/SL price.", "badTriggerPxRejected")
    profit = trigger.tpsl == "tp"
    return TriggerTerms(price, wire.b != profit, trigger.isMarket, profit)


def _too_small(world: World, listed: Listed) -> str:
    money = world.universe.token(world.universe.dexes[listed.dex].collateral).name
    least = bare(MIN_NOTIONAL)
    amount = f"${least}" if money == "USDC" else f"{least} {money}"
    return f"Order must have minimum value of {amount}."


def _judge_count(world: World, account: PerpAccount, wanted: WantedOrder) -> None:
    most = min(ORDERS_MOST, ORDERS_BASE + int(account.volume / ORDERS_VOLUME))
    count = world.orders.count(account.address)
    special = wanted.reduce_only or wanted.trigger is not None
    if count >= (ORDERS_BASE if special else most):
        raise NotTaken(f"Too many open orders: {count}.", "tooManyOpenOrdersRejected")


def _judge_open_interest(world: World, wanted: WantedOrder, holding: PerpPosition) -> None:
    """Source: docs, "Error responses": three rules at the cap of a perpetual."""
    perp, cap = wanted.listed.perp, wanted.listed.perp.cap_usd
    if cap is None:
        return
    mark = world.mark(wanted.listed.asset)
    signed = wanted.size if wanted.buy else -wanted.size
    grows = abs(holding.lots + signed) > abs(holding.lots)
    if not grows:
        return
    interest = world.open_interest(wanted.listed.asset) * perp.lot * mark
    if interest >= cap:
        flips = holding.lots * signed < 0
        status = "positionFlip" if flips else "positionIncrease"
        raise NotTaken(
            "Order would increase open interest while open interest is capped",
            f"{status}AtOpenInterestCapRejected",
        )
    if interest + wanted.size * perp.lot * mark > cap:
        text = "Order would increase open interest too quickly"
        raise NotTaken(text, "openInterestIncreaseRejected")


def _judge_margin(
    world: World, account: PerpAccount, wanted: WantedOrder, holding: PerpPosition
) -> None:
    listed = wanted.listed
    buys, sells = world.orders.working(account.address, listed.asset)
    extra = (wanted.size, 0) if wanted.buy else (0, wanted.size)
    reach = holding.lots + buys + extra[0] if wanted.buy else -holding.lots + sells + extra[1]
    notional = max(0, reach) * listed.perp.lot * world.mark(listed.asset)
    if holding.leverage > world.margins.most_leverage(listed.perp, notional):
        text = "Order would cause position to exceed margin tier limit at current leverage"
        raise NotTaken(text, "perpMaxPositionRejected")
    if reach <= abs(holding.lots) and reach <= 0:
        return
    free = world.margins.summary(account, listed.dex, {listed.asset: extra}).free
    if free < 0:
        raise NotTaken("Insufficient margin to place order.", "perpMarginRejected")
