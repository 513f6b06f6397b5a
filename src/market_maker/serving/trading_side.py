"""The trading side put together from the settings: the same for a service and for a worker."""

from market_maker.clocks import WallClock
from market_maker.execution.alarms import Alarms
from market_maker.execution.reconciliation import Reconciliation
from market_maker.execution.symbol_lease import SymbolLease
from market_maker.operations.controls import Controls
from market_maker.operations.emergency import ALL_POOLS
from market_maker.ports import Store
from market_maker.serving.banner import venue_of
from market_maker.serving.factories import Factories
from market_maker.serving.joined_instruments import JoinedInstruments
from market_maker.serving.opened_sources import OpenedSources
from market_maker.serving.trading_life import TradingSide
from market_maker.serving.trading_parts import TradingParts, trading_parts
from market_maker.serving.venue_parts import venues_of
from market_maker.serving.watching import Watching
from market_maker.settings import Settings
from market_maker.telemetry.logging import Logger


def trading_side_of(
    settings: Settings,
    store: Store,
    clock: WallClock,
    watching: Watching,
    log: Logger,
    *,
    factories: Factories,
    sources: OpenedSources,
    whose: str = ALL_POOLS,
) -> tuple[TradingSide, TradingParts]:
    """What trades, and what it is known by. whose: all of its pools, as the audit log names
    them."""
    lease = SymbolLease(store, clock)
    watching.epoch_of = lease.epoch
    intent_log = factories.intent_log(store, Alarms(), lease)
    lines, listings = venues_of(
        settings, (clock, intent_log, watching.journal), log, factories, sources
    )
    trading = trading_parts(
        intent_log,
        clock,
        lines.connect_shadow if settings.shadow_mode else lines.connect,
        watching.measures,
        JoinedInstruments(listings),
        venue=venue_of(settings)[0],
        listings=listings,
        shadow=settings.shadow_mode,
    )
    host, pools, recorder = trading.engine_host, trading.pools, trading.recorder
    sources.pause_where_grids_change(trading.alarms.pause)
    review = settings.require_halt_review
    known = (store, trading.trail, clock, pools, recorder)
    side = TradingSide(
        store=store,
        clock=clock,
        lease=lease,
        engine_host=host,
        recorder=recorder,
        intent_log=intent_log,
        journals=watching.journals,
        lines=lines,
        reconciliation=Reconciliation(store, intent_log, host, trading.alarms, clock, logger=log),
        instruments=pools.instruments,
        controls=Controls(*known, host=host, require_halt_review=review, whose=whose),
    )
    return side, trading
