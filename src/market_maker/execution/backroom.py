"""What lies behind the application, and what all of its parts do alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from msgspec import Struct

from market_maker.execution.engine_host import EngineHost
from market_maker.execution.recovery import full_config
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.caller import Caller
from market_maker.model.errors import ConflictError, DomainError, NotFoundError
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.ports import Clock, Instruments, Store, Unit


class Backroom(Struct, frozen=True):
    """require_halt_review: resuming a HALTED pool needs a review by somebody else."""

    store: Store
    trail: AuditTrail
    engine_host: EngineHost
    instruments: Instruments
    clock: Clock
    require_halt_review: bool

    def instrument(self, symbol: str) -> Instrument:
        """Raises NotFoundError for what is not listed."""
        instrument = self.instruments.find(symbol)
        if instrument is None:
            raise NotFoundError("instrument", symbol)
        return instrument

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
        """Give the engines what the store says now. Read again each time, so that the last of
        several changes wins, in whatever order they come here."""
        for symbol in symbols:
            if self.engine_host.get(symbol) is None:
                continue
            async with self.store.reading() as unit:
                config = await full_config(unit, symbol)
            self.engine_host.configure(config)

    @asynccontextmanager
    async def refusals_kept(
        self, caller: Caller, action: str, target: str, reason: str = ""
    ) -> AsyncIterator[None]:
        """What the rules refuse inside goes to the audit log, too."""
        try:
            yield
        except DomainError as error:
            entry = AuditEntry(
                caller=caller, action=action, target=target, reason=reason, result=str(error)
            )
            await self.trail.refused(entry)
            raise


def checked_version(current: int, expected: int | None) -> int:
    """The version to replace: the one that is named, or else what stood when the call began.
    Raises ConflictError if the named one is not that."""
    if expected is not None and expected != current:
        raise ConflictError("version", current, "it was changed meanwhile: read it again")
    return current
