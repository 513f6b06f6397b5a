"""Running pools: the engines of this service, what is stored about them, what they may trade."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
from msgspec import Struct

from market_maker.execution.day_marks import DayMarks
from market_maker.execution.display_names import DisplayNames
from market_maker.execution.engines import Engines
from market_maker.execution.recovery import PoolStart, full_config, full_configs, pool_start
from market_maker.execution.symbol_lease import SOLE, Lease
from market_maker.model.connected import SANDBOX
from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.instrument import Instrument
from market_maker.model.pool import VENUES, PoolConfig
from market_maker.model.units import Nanos
from market_maker.ports import Instruments, Store, Unit, listed


class RunningPools(Struct, frozen=True):
    """The directory by which services find engines and keep them in step with the store. venue:
    where orders go of pools that do not say otherwise. listings: what each venue lists that a
    pool may name; empty where there is one venue only. lease: what symbols are traded under. days:
    what the figures of the day are measured from. names: what participants are called."""

    store: Store
    engine_host: Engines
    instruments: Instruments
    venue: str = SANDBOX
    listings: Mapping[str, Instruments] = {}
    lease: Lease = SOLE
    days: DayMarks = msgspec.field(default_factory=DayMarks)
    names: DisplayNames = msgspec.field(default_factory=DisplayNames)

    def venue_of(self, config: PoolConfig) -> str:
        """Where the orders of a pool go."""
        return self.venue if config.venue == VENUES[0] else config.venue

    def at_venue(self, config: PoolConfig) -> PoolConfig:
        """`config`, in which the service's own venue has the first of its names: what a pool's
        answer shows may be sent back. Raises InvalidFieldError for a venue at which this service
        does not trade, or that does not list the symbol while another does."""
        if config.venue == self.venue:
            config = msgspec.structs.replace(config, venue=VENUES[0])
        self._check_venue(config)
        return config

    def _check_venue(self, config: PoolConfig) -> None:
        names = tuple(self.listings) or VENUES[:1]
        if config.venue not in names:
            allowed = f"{' or '.join(names)}, where this service trades"
            raise InvalidFieldError("venue", config.venue, allowed)
        listing = self.listings.get(config.venue)
        if listing is None or listing.find(config.symbol) is not None:
            return
        found = [name for name in names if self.listings[name].find(config.symbol) is not None]
        if found:
            allowed = f"{' or '.join(found)}, which lists {config.symbol}"
            raise InvalidFieldError("venue", config.venue, allowed)

    def instrument(self, symbol: str) -> Instrument:
        """Raises NotFoundError for what is not listed."""
        return listed(self.instruments, symbol)

    def price(self, symbol: str) -> Decimal | None:
        """A recent price in quote currency: the engine's mid, or what is listed."""
        runner = self.engine_host.get(symbol)
        if runner is not None and runner.mid_x2:
            return runner.instrument.price(runner.mid_x2) / 2
        return self.instruments.reference_price(symbol)

    async def take_up(self, instrument: Instrument, now: Nanos) -> PoolStart:
        """Where an engine of this symbol begins, for this worker and no other. Raises
        ConflictError while another worker trades it, NotFoundError if there is no such pool."""
        await self.lease.take(instrument.symbol)
        return await pool_start(self.store, instrument, now)

    async def config(self, unit: Unit, symbol: str) -> PoolConfig:
        """With its members: the engine's, or without one what is stored. Raises NotFoundError."""
        runner = self.engine_host.get(symbol)
        return await full_config(unit, symbol) if runner is None else runner.config

    async def refresh(self, *symbols: str) -> None:
        """Configure the engines with what the store holds now. Read again each time, so that the
        last of several changes wins, in whatever order they come here. Raises NotFoundError for
        a pool that is not there, after it has configured the others."""
        wanted = [symbol for symbol in symbols if self.engine_host.get(symbol) is not None]
        if not wanted:
            return
        async with self.store.reading() as unit:
            found = {symbol: await unit.pools.get(symbol) for symbol in wanted}
            there = [record for record in found.values() if record is not None]
            configs = await full_configs(unit, there)
        for config in configs:
            self.engine_host.configure(config)
        for symbol in wanted:
            if found[symbol] is None:
                raise NotFoundError("pool", symbol)
