"""The table of docs/architecture.md that says which modules an event passes is what happens."""

import re
from pathlib import Path

import pytest

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

pytestmark = pytest.mark.anyio

DOCUMENT = Path(__file__).parents[3] / "docs" / "architecture.md"
BEGINNING = "EngineHost.one_pass"


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
            for _ in range(100):
                await made.passes(500)
                if path.is_complete:
                    break
    assert path.is_complete
    return path


def documented(row: str) -> set[str]:
    """The modules in the last column of a row."""
    lines = DOCUMENT.read_text("utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith(f"| {row} |")]
    return set(re.findall(r"`([^`]+)`", line.rstrip("|").rpartition("|")[2]))


async def test_a_book_update_passes_the_documented_modules_and_two_wrappers():
    path = await followed(EventPath(BEGINNING, "BookDelta", reaching="execution/intent_log"))
    assert set(path.passed["in"]) == documented("a book update, to the turn")
    assert set(path.passed["out"]) == documented("an order, from the turn on")
    around = [name.partition(".")[0] for name in path.held]
    assert list(dict.fromkeys(around)) == [
        "EngineHost",
        "PoolRunner",
        "attempted",
        "Actor",
        "Engine",
    ]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("row", "stored"),
    [("StoredFills.add", "a fill, stored"), ("StoredLedger.post", "a fill, in the ledger")],
)
async def test_a_fill_passes_the_documented_modules(row, stored):
    path = await followed(EventPath(BEGINNING, "Filled", row=row))
    assert set(path.passed["in"]) == documented("a fill, to the turn")
    assert set(path.passed["out"]) == documented("a fill, from the turn on")
    assert set(path.passed["stored"]) == documented(stored)
