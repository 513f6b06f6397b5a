"""The line of a maker: what a stop reaches through it, and what a watchdog knows of it."""

from types import SimpleNamespace

import pytest

from market_maker.emulators.hyperliquid.faults import VenueFaults
from market_maker.execution.intent_log import IntentOutcome
from market_maker.execution.symbol_lease import SOLE
from market_maker.model.actions import Place
from market_maker.model.client_order_id import OrderNames
from market_maker.model.events import Accepted, Canceled, LeadMoved, Rejected, RejectReason
from market_maker.model.orders import Side
from market_maker.model.units import OrderId
from market_maker.ports.dead_man import WatchedAccount
from market_maker.standalone.maker_line import MakerLine
from market_maker.standalone.paper_venue import PaperVenue
from market_maker.standalone.pool_of_one import MAKER
from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table
from tests.unit.standalone.venue import MASTER
from tests.unit.venues.hyperliquid.bench_venue import BTC, NOON, bench

pytestmark = pytest.mark.anyio
NAME = OrderNames("BTC").next(NOON, MAKER, Side.BUY, 0)


@pytest.mark.slow
def test_a_reconnection_of_a_moment_is_not_deaf_and_a_lost_stream_is(tmp_path):
    async def run():
        async with at_table(tmp_path, stale_data_threshold_secs=60) as table:
            await table.until(lambda: len(table.open()) == 10)
            line = table.running.parts.line
            streams = table.running.parts.opened.session.connection.streams
            assert [one.account_id for one in line.watched()] == [MASTER.address]
            table.venue.upgrade(0)
            await table.until(lambda: not streams.connected)
            assert not line.is_deaf
            await table.until(lambda: streams.connected)
            table.venue.faults = VenueFaults(refuse_upgrade=1.0)
            table.venue.upgrade(0)
            await table.until(lambda: not streams.connected)
            assert not line.is_deaf
            await table.until(lambda: line.is_deaf)
            assert not streams.connected
            table.venue.faults = VenueFaults()
            await table.until(lambda: streams.connected)
            assert not line.is_deaf

    leaping(run())


class Recorded:
    """An intent log that has everything on record at once."""

    lease = SOLE

    def __init__(self):
        self.changes = []

    def intend(self, intent):
        intent.done(IntentOutcome(recorded=True))

    def change(self, change):
        self.changes.append(change)

    def withdraw(self, _name):
        return False


def line_of(made, *, paper=False, is_open=True, lead=""):
    """A line on the bench's connection, and for what it is asked."""
    leader = SimpleNamespace(coin=lead) if lead else None
    session = SimpleNamespace(connection=made.connection, account_id="me")
    opened = SimpleNamespace(session=session, market=BTC, lead=leader)
    line = MakerLine(opened, made.clock, Recorded(), lambda _: None, paper=paper)
    gate = SimpleNamespace(epoch=1, is_open=is_open, config_version=1)
    start = SimpleNamespace(instrument=BTC.instrument())
    return line, SimpleNamespace(start=start, order_gate=gate, now=made.clock.now())


def placed(made, opened):
    """What the line says of an order that went through it, and of a stop right behind it."""
    terms = (Side.BUY, 0, 970_000, 100, False)
    opened.ports.orders.place(made.clock.now(), Place(OrderId(1), MAKER, *terms, NAME, "me"))
    opened.pulled()
    return opened.ports.market_data.poll(made.clock.now())


async def test_a_stop_holds_back_what_has_not_left_and_its_cancels_leave_with_it():
    async with bench() as made:
        line, asked = line_of(made)
        opened = await line.connect(asked)
        (answer,) = placed(made, opened)
        assert isinstance(answer, Rejected)
        assert answer.reason is RejectReason.HELD_BACK
        assert opened.pulled == line.market.pulled
        # What reconciliation compares.
        assert opened.gateway is opened.ports.orders is opened.ports.market_data
        assert opened.lists is line.market
        assert line.watched() == (WatchedAccount("BTC", "me"),)
        assert line.deaf_at == ()


async def test_nothing_goes_out_while_the_pool_does_not_quote():
    async with bench() as made:
        line, asked = line_of(made, is_open=False)
        (answer,) = placed(made, await line.connect(asked))
        assert isinstance(answer, Canceled)


async def test_on_paper_no_order_leaves_this_process_and_no_watchdog_has_anything_to_do():
    async with bench() as made:
        line, asked = line_of(made, paper=True)
        opened = await line.connect(asked)
        (answer,) = placed(made, opened)
        # Of the book in this process, which has not seen the market yet.
        assert answer.reason is RejectReason.PAUSED
        assert isinstance(opened.lists, PaperVenue)
        assert line.watched() == ()
        await made.settled()
        assert made.stub.asked("order") == []


async def test_a_dry_run_sends_nothing_and_has_no_gateway():
    async with bench() as made:
        line, asked = line_of(made)
        opened = await line.connect_shadow(asked)
        (answer,) = placed(made, opened)
        assert isinstance(answer, Accepted)
        assert opened.gateway is opened.lists is None
        assert len(line.market.fates) == 0


async def test_a_leading_market_is_listened_to_and_a_move_of_it_is_the_markets():
    async with bench() as made:
        line, asked = line_of(made, lead="ETH")
        opened = await line.connect(asked)
        await made.until(lambda: made.stub.subscribed("bbo"))
        sides = [{"px": "3000", "sz": "1", "n": 1}, {"px": "3001", "sz": "1", "n": 1}]
        await made.stub.push("bbo", {"coin": "ETH", "time": made.clock.ms, "bbo": sides})
        poll = opened.ports.market_data.poll
        (moved,) = await made.until(lambda: poll(made.clock.now()))
        assert isinstance(moved, LeadMoved)
