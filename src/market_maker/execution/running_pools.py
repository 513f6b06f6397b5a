"""Running pools: the engines of this process, what is stored about them, what they may trade."""

from decimal import Decimal

from msgspec import Struct

from market_maker.execution.engine_host import EngineHost
from market_maker.execution.recovery import full_config
from market_maker.model.connected import SANDBOX
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.ports import Instruments, Store, Unit, listed


class RunningPools(Struct, frozen=True):
    """The directory by which services find engines and keep them in step with the store. venue:
    where all of their orders go."""

    store: Store
    engine_host: EngineHost
    instruments: Instruments
    venue: str = SANDBOX

    def instrument(self, symbol: str) -> Instrument:
        """Raises NotFoundError for what is not listed."""
        return listed(self.instruments, symbol)

    def price(self, symbol: str) -> Decimal | None:
        """A recent price in quote currency: the engine's mid, or what is listed."""
        runner = self.engine_host.get(symbol)
        if runner is not None and runner.mid_x2:
            return runner.instrument.price(runner.mid_x2) / 2
        return self.instruments.reference_price(symbol)

    async def config(self, unit: Unit, symbol: str) -> PoolConfig:
        """With its members: the engine's, or without one what is stored. Raises NotFoundError."""
        runner = self.engine_host.get(symbol)
        return await full_config(unit, symbol) if runner is None else runner.config

    async def refresh(self, *symbols: str) -> None:
        """Configure the engines with what the store holds now. Read again each time, so that the
        last of several changes wins, in whatever order they come here."""
        for symbol in symbols:
            if self.engine_host.get(symbol) is None:
                continue
            async with self.store.reading() as unit:
                config = await full_config(unit, symbol)
            self.engine_host.configure(config)
