"""The cancels of a stop leave before the turn of any pool, each once, whatever stops them."""

from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from msgspec import structs

from market_maker.execution.actor import VenuePorts
from market_maker.journaling.journal import MemoryJournal
from market_maker.model.actions import Cancel
from market_maker.model.events import Operated
from market_maker.model.lifecycle import Command
from market_maker.model.records import Criteria, OrderStatus
from market_maker.operations.views import PoolStatus
from tests.support.office import ANN, BOB, OTHER, PATIENCE_S, SYMBOL, Office, at_work, database

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]


class NotedJournal(MemoryJournal):
    def __init__(self, done: list[str]) -> None:
        super().__init__()
        self._done = done

    def append(self, turn) -> None:
        self._done.append("turn")
        super().append(turn)


class NotedOrders:
    """The gateway of a pool, and what it is asked for in the list that all pools share."""

    def __init__(self, gateway, done: list[str]) -> None:
        self._gateway, self._done = gateway, done

    def cancel(self, now, *order_ids) -> None:
        self._done += ["cancel"] * len(order_ids)
        self._gateway.cancel(now, *order_ids)

    def __getattr__(self, name):
        return getattr(self._gateway, name)


class NotedOffice(Office):
    """done: cancels and turns of all pools, in order. broken: what it adds to a stop raises."""

    def __init__(self, *given, **more) -> None:
        self.done: list[str] = []
        self.broken = False
        super().__init__(*given, **more)

    async def _connect(self, opening):
        line = await super()._connect(opening)
        gateway, done = line.ports.orders, self.done
        ports = VenuePorts(gateway, NotedOrders(gateway, done), NotedJournal(done))
        return structs.replace(line, ports=ports, pulled=self._pulled)

    def _pulled(self) -> None:
        self.done.append("pulled")
        if self.broken:
            raise ZeroDivisionError


SYMBOLS = (SYMBOL, OTHER, "SOLUSDT-PERP")


@asynccontextmanager
async def three_pools():
    async with database() as store, at_work(store, kind=NotedOffice) as office:
        for symbol in SYMBOLS:
            await office.quoting(symbol, order_size_usdt=Decimal(2_000))
        office.done.clear()
        yield office


@pytest.mark.parametrize("way", ["kill", "flatten", "the end", "an alarm"])
async def test_every_cancel_of_every_pool_is_sent_before_the_first_turn_of_a_stop(way) -> None:
    async with three_pools() as office:
        controls = office.application.controls
        if way == "the end":
            office.engine_host.pause_all("service stopped")
        elif way == "an alarm":
            office.alarms.halt(SYMBOLS, "margin")
            await office.until(lambda: "cancel" in office.done)
        else:
            await (controls.kill(ANN) if way == "kill" else controls.flatten(ANN))
        done = office.done[office.done.index("cancel") :]
        assert done[:13] == ["cancel"] * 12 + ["pulled"]
        assert [what for what in done if what != "pulled"][12:15] == ["turn"] * 3
        await office.until(lambda: not any(each.open for each in office.venues.values()))
        cancelled = [order_id for venue in office.venues.values() for order_id in venue.cancelled]
        assert (len(cancelled), office.done.count("cancel")) == (12, 12), "each once"


@pytest.mark.parametrize("way", ["pause", "flatten", "kill"])
async def test_a_stop_of_one_pool_goes_to_its_venue_before_its_turn(way) -> None:
    async with three_pools() as office:
        controls = office.application.controls
        stop = getattr(controls, way)
        await (stop(ANN, SYMBOL) if way == "pause" else stop(ANN, "", SYMBOL))
        before = office.done[: office.done.index("turn")]
        assert before[:5] == ["cancel"] * 4 + ["pulled"]
        assert before.count("cancel") == 4


async def test_two_alarms_of_one_pool_are_one_stop() -> None:
    async with three_pools() as office:
        office.alarms.pause(SYMBOL, "too much", ANN)
        office.alarms.pause(SYMBOL, "too fast", BOB)
        await office.until(lambda: office.engine_host.get(SYMBOL).state == "PAUSED")
        assert await office.recorder.flushed(PATIENCE_S)
        stops = [each for each in await office.audit() if each[1] == "pool.pause"]
        assert [(by, target) for by, _, target, _ in stops] == [("ann", SYMBOL)]
        assert office.engine_host.get(SYMBOL).reason == "too much"


async def test_what_is_cancelled_ahead_is_journaled_counted_and_on_record_as_ever() -> None:
    async with three_pools() as office:
        await office.application.controls.kill(ANN, "fat finger")
        assert await office.intent_log.flushed(PATIENCE_S)
        for symbol in SYMBOLS:
            runner = office.engine_host.get(symbol)
            stop = next(turn for turn in runner.ports.journal.turns if _is_stop(turn))
            cancels = [each.order_id for each in stop.actions if isinstance(each, Cancel)]
            assert sorted(cancels) == sorted(office.venues[symbol].cancelled)
            assert runner.snapshot().counters.cancels == 4
        async with office.store.reading() as unit:
            rows = (await unit.orders.page(Criteria(), 100)).items
        assert {(row.status, row.reason) for row in rows} == {(OrderStatus.CANCELED, "")}
        assert len(rows) == 12


def _is_stop(turn) -> bool:
    return any(
        isinstance(event, Operated) and event.command is Command.HALT for event in turn.events
    )


async def test_an_adapter_that_breaks_holds_up_the_kill_of_no_other() -> None:
    async with three_pools() as office:
        office.engine_host.get(SYMBOL).ports.orders.cancel = None
        view = await office.application.controls.kill(ANN)
        assert [pool.state for pool in view.pools] == [PoolStatus.HALTED] * 3
        assert "TypeError" in office.engine_host.get(SYMBOL).failure
        assert [bool(office.venues[symbol].open) for symbol in SYMBOLS] == [True, False, False]


async def test_an_adapter_that_breaks_at_what_it_adds_to_a_stop_stops_all_the_same() -> None:
    async with three_pools() as office:
        office.broken = True
        view = await office.application.controls.kill(ANN)
        assert [pool.state for pool in view.pools] == [PoolStatus.HALTED] * 3
        await office.until(lambda: not any(each.open for each in office.venues.values()))
