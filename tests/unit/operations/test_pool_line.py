"""A list of pools says of each, in one line, whether it quotes, why not, and what may stop it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.model.instrument import Instrument
from market_maker.model.instrument_limits import LimitTexts
from market_maker.model.quotes import Reason, SideStatus
from market_maker.model.records import Page, PoolRecord
from market_maker.model.units import Lots, Nanos
from market_maker.operations.overview import READ_AGAIN, STORED_LIFE, Overview
from market_maker.operations.pool_line import ListedPool, in_one_line, silence, worst_guard
from market_maker.operations.status import pool_status
from market_maker.operations.views import PoolGlance, PoolStatusView
from market_maker.ports import Store, Unit
from market_maker.risk.guards import Guard
from tests.support.office import ANN, OTHER, PATIENCE_S, SYMBOL, Office, config

pytestmark = pytest.mark.anyio

PLAIN = Instrument("BTCUSDT-PERP", Decimal("0.1"), Decimal("0.001"), Decimal(5))


def guard(name: str, value: int, threshold: int) -> Guard:
    return Guard(name, value, threshold, "USDT", "halt")


def side(reason: Reason, *, quoting: bool = False) -> SideStatus:
    return SideStatus(quoting, reason, None, Lots(0), int(quoting))


def test_the_worst_guard_is_the_one_nearest_to_its_threshold() -> None:
    guards = (guard("loss limit exceeded", 10, 2000), guard("reject storm", 62400, 60000))
    worst = worst_guard(guards)
    assert worst is not None
    assert (worst.id, worst.title, worst.used_pct) == ("reject_storm", "Reject storm", 104.0)


def test_a_guard_that_is_off_is_never_the_worst() -> None:
    assert worst_guard((guard("off", 5, 0),)) is None


def test_a_side_without_an_order_says_why() -> None:
    bid, ask = side(Reason.QUOTING, quoting=True), side(Reason.STALE)
    assert silence(bid, ask, PLAIN, config()) == f"ask: {Reason.STALE.value}"


def test_two_sides_that_are_silent_for_one_reason_say_it_once() -> None:
    stale = side(Reason.STALE)
    assert silence(stale, stale, PLAIN, config()) == "stale market data"


def test_a_side_that_a_limit_silences_names_it_with_its_value() -> None:
    taken = LimitTexts(max_open_orders=3).counted(PLAIN.lot_size)
    bid, ask = side(Reason.QUOTING, quoting=True), side(Reason.OPEN_ORDERS)
    said = silence(bid, ask, replace(PLAIN, limits=taken), config())
    assert said == f"ask: {Reason.OPEN_ORDERS.value} (max_open_orders 3)"


async def line_of(office: Office) -> PoolGlance:
    (line,) = (await office.application.controls.summary()).pools
    return line


def pictured(office: Office) -> tuple[PoolStatusView, PoolGlance]:
    """Both at one moment: engines have no turn in between."""
    runner = office.engine_host.get(SYMBOL)
    assert runner is not None
    listed = ListedPool(runner.config, None, deleted=False, venue="sandbox")
    line = in_one_line(listed, runner, office.pools.days)
    return pool_status(runner.config, runner, None, office.pools), line


async def test_what_a_list_shows_of_an_engine_is_a_part_of_its_whole_picture(
    office: Office,
) -> None:
    await office.quoting()
    await office.until(lambda: len(office.venues[SYMBOL].open) == 4)
    runner = office.engine_host.get(SYMBOL)
    assert runner is not None
    assert runner.brief() == runner.snapshot().brief()


async def test_a_line_says_what_the_status_says(office: Office) -> None:
    await office.quoting()
    await office.until(lambda: len(office.venues[SYMBOL].open) == 4)
    status, line = pictured(office)
    assert status.engine is not None
    for name in set(PoolGlance.__struct_fields__) & set(status.__struct_fields__):
        assert getattr(line, name) == getattr(status, name), name
    engine = status.engine
    assert line.net_pnl_usdt == engine.pnl.net
    assert line.net_position_usdt == engine.net_position_usdt
    assert line.uptime_pct == engine.obligation.uptime_pct
    assert line.book_age_ms == engine.book.age_ms
    assert line.last_look == status.last_look is not None
    assert (line.strategy, line.venue) == ("symmetric", "sandbox")
    assert (line.quoting_bid, line.quoting_ask, line.silent) == (True, True, "")
    assert line.worst_guard is not None
    assert not line.worst_guard.title.endswith("exceeded")


async def test_a_pool_without_an_engine_is_unknown_and_not_zero(office: Office) -> None:
    await office.pool()
    line = await line_of(office)
    assert (line.worst_guard, line.uptime_pct, line.rebalance) == (None, None, None)
    assert (line.net_pnl_usdt, line.silent, line.as_of, line.last_look) == (None, "", None, None)
    assert (line.day_net_pnl_usdt, line.drawdown_usdt) == (None, None)


async def test_the_day_s_result_and_its_fall_from_the_peak_stand_in_every_picture(
    office: Office,
) -> None:
    await office.quoting()
    await office.application.history.step()
    office.pools.days.saw(SYMBOL, office.clock.now(), Decimal(30))
    for seen in pictured(office):
        assert (seen.day_net_pnl_usdt, seen.drawdown_usdt) == (0, 30)
    glance = await office.application.controls.summary()
    assert glance.day_net_pnl_usdt == 0
    assert glance.as_of == glance.pools[0].as_of


class CountedStore:
    """Counts how often it is read, and the list of pools from it."""

    def __init__(self, store: Store) -> None:
        self._store, self.reads, self.lists = store, 0, 0

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Unit]:
        self.reads += 1
        async with self._store.reading() as unit:
            page = unit.pools.page

            async def counted(limit: int, cursor: str | None = None) -> Page[PoolRecord]:
                self.lists += 1
                return await page(limit, cursor)

            unit.pools.page = counted  # type: ignore[method-assign]
            yield unit


async def test_the_list_of_those_who_ask_often_is_read_once_a_second_and_knows_every_engine(
    office: Office,
) -> None:
    await office.quoting()
    store, now = CountedStore(office.store), office.clock.now()
    overview = Overview(store, office.pools)
    for _ in range(5):
        assert len((await overview.live_summary(now, now)).pools) == 1
    assert store.reads == 1
    await office.quoting(OTHER)
    assert len((await overview.live_summary(now, now)).pools) == 2
    await office.pool("SOLUSDT-PERP")
    assert await office.recorder.flushed(PATIENCE_S)
    assert len((await overview.live_summary(now, now)).pools) == 2
    assert len((await overview.live_summary(Nanos(now + STORED_LIFE), now)).pools) == 3


async def test_the_list_is_not_read_again_while_nothing_was_recorded_but_now_and_then(
    office: Office,
) -> None:
    await office.quoting()
    store, now = CountedStore(office.store), office.clock.now()
    overview = Overview(store, office.pools)
    for seconds in range(10):
        await overview.live_summary(Nanos(now + seconds * STORED_LIFE), now)
    assert (store.reads, store.lists) == (10, 1)
    await overview.live_summary(Nanos(now + READ_AGAIN), now)
    assert store.lists == 2
    await office.application.controls.pause(ANN, SYMBOL, "lunch")
    await overview.live_summary(Nanos(now + READ_AGAIN + STORED_LIFE), now)
    assert store.lists == 3
