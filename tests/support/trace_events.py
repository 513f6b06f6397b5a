"""Print which modules an event passes: `python -m tests.support.trace_events`.

The table of docs/architecture.md is made of it. What an engine's pass meets depends on when the
database's thread answers, so it is followed until one pass held all of it, and it is no test.
"""

import asyncio

from market_maker.execution.actor import VenuePorts
from market_maker.execution.engine_host import Connection
from market_maker.execution.order_gateway import OrderGateway
from market_maker.journaling.journal import MemoryJournal
from market_maker.model.instrument import FeeSchedule
from market_maker.sandbox.market import SandboxMarket
from market_maker.venues.sandbox import SandboxVenue
from market_maker.venues.tracking import SentOrders
from tests.support import office
from tests.support.event_path import EventPath

BEGINNING = "EngineHost.one_pass"
PASSES_MAX = 2_000


class SandboxOffice(office.Office):
    """Its pools trade on the sandbox exchange."""

    async def _connect(self, opening):
        instrument, begins = opening.start.instrument, opening.now - office.PAST
        sent = SentOrders()
        market = SandboxMarket(instrument, FeeSchedule(), seed=3, start=begins)
        gateway = OrderGateway(
            SandboxVenue(market, [], begins, sent),
            sent,
            instrument,
            self.intent_log,
            order_gate=opening.order_gate,
            clock=self.clock,
        )
        return Connection(VenuePorts(gateway, gateway, MemoryJournal()), begins, lambda: None)


async def followed(path: EventPath) -> EventPath:
    with path.watched():
        async with office.new_office(kind=SandboxOffice) as made:
            await made.pool()
            await made.application.controls.enable(office.ANN, office.SYMBOL)
            for _ in range(PASSES_MAX):
                await made.passes(500)
                if path.is_complete:
                    break
    assert path.is_complete
    return path


async def main() -> None:
    """A line for each step of the table."""
    paths = {
        "a book update": EventPath(BEGINNING, "BookDelta", reaching="execution/intent_log"),
        "a fill, stored": EventPath(BEGINNING, "Filled", row="StoredFills.add"),
        "a fill, in the ledger": EventPath(BEGINNING, "Filled", row="StoredLedger.post"),
    }
    for name, path in paths.items():
        await followed(path)
        for place, modules in path.passed.items():
            print(f"{name} | {place} | {' '.join(modules)}")  # noqa: T201 - its output


if __name__ == "__main__":
    asyncio.run(main())
