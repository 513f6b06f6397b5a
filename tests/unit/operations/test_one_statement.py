"""What is read most often of a pool that runs is one statement, and no transaction of several."""

from collections import Counter
from pathlib import Path

import pytest

from market_maker.journaling.anchors import Anchorer, AnchorFile
from market_maker.journaling.audit import AuditTrail
from market_maker.journaling.relay import Relay
from market_maker.model.errors import NotFoundError
from market_maker.model.history import SECOND
from market_maker.model.records import AuditCriteria, Criteria
from market_maker.model.units import Nanos
from market_maker.operations.memberships import Memberships
from market_maker.operations.order_records import OrderHistory
from market_maker.operations.overview import Overview
from market_maker.operations.pool_history import PoolHistory
from market_maker.operations.pools import PoolDirectory
from market_maker.serving.probes import stored_probes
from tests.support.office import ANN, START, SYMBOL, Office
from tests.unit.telemetry.lines import NO_LOG

pytestmark = pytest.mark.anyio


class AskedStore:
    """Counts how it is asked."""

    def __init__(self, store):
        self._store, self.asked = store, Counter()

    def reading(self):
        self.asked["reading"] += 1
        return self._store.reading()

    def glimpse(self):
        self.asked["glimpse"] += 1
        return self._store.glimpse()


def reads_of(office, store):
    """By name, the reads of the pool."""
    parts = (store, office.trail, office.clock, office.pools)
    overview = Overview(store, office.pools)
    orders = OrderHistory(store, office.clock, office.pools.instruments)
    return {
        "status": lambda: overview.status(SYMBOL),
        "pool": lambda: PoolDirectory(*parts).get(SYMBOL),
        "members": lambda: Memberships(*parts).of_pool(SYMBOL),
        "orders": lambda: orders.orders(Criteria(symbol=SYMBOL), 10),
        "fills": lambda: orders.fills(Criteria(symbol=SYMBOL), 10),
    }


async def test_a_read_of_a_pool_that_runs_is_one_statement(office: Office) -> None:
    await office.quoting()
    store = AskedStore(office.store)
    reads = reads_of(office, store)
    await reads["status"]()  # what the members are called is asked once
    for name, read in reads.items():
        store.asked.clear()
        await read()
        assert store.asked == {"glimpse": 1}, name


async def test_what_duties_and_the_panel_read_all_the_time_is_one_statement(
    office: Office, tmp_path: Path
) -> None:
    store = AskedStore(office.store)
    trail = AuditTrail(store, office.clock)
    probes = stored_probes(store, (None, None), None, None)
    reads = {
        "backlog": Relay(store, None, office.clock, NO_LOG).step,
        "anchors": Anchorer(store, AnchorFile(tmp_path / "a"), office.clock, NO_LOG, trail).step,
        "audit log": lambda: trail.page(AuditCriteria(), 10),
        "database": probes["database"],
        "history": lambda: PoolHistory(store, office.pools, office.clock).read(
            SYMBOL, SECOND, START, Nanos(START + SECOND)
        ),
    }
    for name, read in reads.items():
        store.asked.clear()
        await read()
        assert store.asked == {"glimpse": 1}, name


async def test_what_was_changed_is_in_the_next_read(office: Office) -> None:
    await office.quoting()
    reads = reads_of(office, AskedStore(office.store))
    before = await reads["pool"]()
    await office.application.pools.replace(ANN, before.config)
    assert (await reads["pool"]()).config.version == before.config.version + 1
    (gone, *_) = await reads["members"]()
    await office.application.members.remove(ANN, SYMBOL, gone.participant_id)
    assert (await reads["members"]())[0].state == "REMOVED"
    assert (await reads["status"]()).active_members == (await reads["pool"]()).active_members


async def test_a_pool_without_an_engine_and_one_that_is_not_there(office: Office) -> None:
    await office.pool()
    reads = reads_of(office, AskedStore(office.store))
    assert (await reads["pool"]()).active_members == len(await reads["members"]())
    assert (await reads["status"]()).state == "NOT_RUNNING"
    await office.application.controls.remove(ANN, SYMBOL)
    for name in ("pool", "members", "status"):
        with pytest.raises(NotFoundError):
            await reads[name]()
