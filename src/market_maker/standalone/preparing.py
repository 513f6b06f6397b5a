"""Before the first quote: what the account has, what the market allows, what will be quoted."""

from decimal import Decimal

from msgspec import Struct, structs

from market_maker.model.account import (
    AccountFunds,
    HeldPosition,
    LeverageSetting,
    OpenInterestRoom,
)
from market_maker.model.errors import InvalidDataError, InvalidFieldError, VenueRefusedError
from market_maker.model.events import Holding
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.model.units import BPS, Lots
from market_maker.standalone.opening import OpenedMarket
from market_maker.standalone.pool_of_one import coarser, pool_config
from market_maker.standalone.session_store import taken_over
from market_maker.standalone.settings import MakerSettings
from market_maker.standalone.sizing import Capacity, MakerSize, sized
from market_maker.telemetry.logging import Logger
from market_maker.venues.hyperliquid.account import context_of
from market_maker.venues.hyperliquid.grid import WireGrid

PAPER_MONEY = Decimal(10_000)


class Prepared(Struct, frozen=True):
    """leverage: what is wanted, and will be set. held: the position that is there. config: what the
    engine begins with, sizes worked out at `mark`."""

    instrument: Instrument
    funds: AccountFunds
    held: HeldPosition | None
    mark: Decimal
    leverage: LeverageSetting
    room: OpenInterestRoom
    size: MakerSize
    config: PoolConfig

    @property
    def holding(self) -> Holding:
        """The position that is taken over, valued at the mark."""
        grid = WireGrid(self.instrument)
        lots = self.instrument_lots
        return taken_over(lots, grid.near(self.mark))

    @property
    def instrument_lots(self) -> Lots:
        """Signed."""
        return lots_of(self.instrument, self.held)


def lots_of(instrument: Instrument, held: HeldPosition | None) -> Lots:
    """Signed; 0 without a position."""
    return Lots(0 if held is None else int(held.size / instrument.lot_size))


async def prepared(
    settings: MakerSettings, opened: OpenedMarket, *, paper: bool = False
) -> Prepared:
    """Ask, and work it out; nothing is changed at the venue. paper: begin flat, with PAPER_MONEY
    where the account has none. Raises VenueError, InvalidFieldError for a leverage or decimals that
    the market does not have, and InvalidDataError for an account without money."""
    session, market = opened.session, opened.market
    account, coin = session.account, market.coin
    leverage = settings.leverage or market.max_leverage
    if leverage > market.max_leverage:
        raise InvalidFieldError("leverage", leverage, f"1 to {market.max_leverage} for {coin}")
    funds = await account.funds(coin)
    if paper:
        funds = structs.replace(funds, equity=funds.equity or PAPER_MONEY, positions=())
    if funds.equity <= 0:
        where = f"dex {market.dex}" if market.dex else "the main dex"
        raise InvalidDataError(
            "InsufficientMargin",
            f"account {session.account_id} has no {funds.collateral} on {where}: deposit or "
            "transfer some before it can trade",
        )
    fees = await account.fees(coin)
    mark = (await context_of(session.connection.rest, market)).mark_px
    room = await account.open_interest(coin)
    instrument = coarser(market.instrument(fees.maker * int(BPS)), settings.decimals)
    size = sized(settings, Capacity(funds.equity, leverage, mark, room.size_factor))
    return Prepared(
        instrument=instrument,
        funds=funds,
        held=next((held for held in funds.positions if held.symbol == coin), None),
        mark=mark,
        leverage=LeverageSetting(leverage, settings.force_isolated or market.isolated),
        room=room,
        size=size,
        config=pool_config(settings, coin, session.account_id, size, funds.equity),
    )


async def set_leverage(ready: Prepared, opened: OpenedMarket, log: Logger) -> None:
    """Set what is wanted where it differs. A refusal, with a position of the other kind for
    example, leaves it as it is: a person is warned."""
    account, coin = opened.session.account, opened.market.coin
    wanted = ready.leverage
    try:
        changed = await account.set_leverage(coin, wanted.leverage, isolated=wanted.isolated)
    except VenueRefusedError as error:
        log.warning("Failed to set leverage, using existing", asset=coin, problem=str(error))
        return
    kind = "isolated" if wanted.isolated else "cross"
    log.info("Leverage set", asset=coin, leverage=wanted.leverage, margin=kind, changed=changed)
