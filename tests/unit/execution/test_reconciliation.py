"""What does not fit the venue's lists is put right, or stops the pool; no answer is no proof."""

from dataclasses import dataclass, field

import pytest

from market_maker.execution.reconciliation import Reconciliation
from market_maker.execution.symbol_lease import SoleOwner
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.lifecycle import PoolState
from market_maker.model.listings import ListedFill, ListedOrder
from market_maker.model.orders import Side
from market_maker.model.records import Criteria, OrderStatus
from market_maker.model.units import NANOS_PER_SECOND
from tests.builders import fill as stored_fill
from tests.builders import order as stored_order
from tests.support.office import PATIENCE_S, SYMBOL, at_work, database

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]


@dataclass
class Lists:
    """A venue's lists, as the test writes them; orders are those of a QuietVenue."""

    venue: object
    mute: bool = False
    fills: list = field(default_factory=list)
    strangers: list = field(default_factory=list)
    withdrawn: list = field(default_factory=list)
    extra_lots: int = 0

    async def listed_orders(self, account_id):
        self._answer()
        ours = [
            ListedOrder(
                account_id,
                self.venue.places[number].client_order_id,
                str(number),
                order.side,
                order.price,
                order.size,
                order.leaves,
            )
            for number, order in self.venue.open.items()
            if self.venue.places[number].account_id == account_id
        ]
        return (*ours, *(o for o in self.strangers if o.account_id == account_id))

    async def listed_fills(self, account_id, after=None):
        self._answer()
        first = after.trade_id if after else 0
        return tuple(f for f in self.fills if f.account_id == account_id and f.trade_id > first)

    async def listed_position(self, account_id):
        self._answer()
        mine = [fill for fill in self.fills if fill.account_id == account_id]
        return sum(fill.side.sign * fill.size for fill in mine) + self.extra_lots

    async def withdraw(self, order):
        self.withdrawn.append(order.client_order_id)
        self.strangers.remove(order)

    def _answer(self):
        if self.mute:
            raise VenueUnavailableError("no answer")

    def filled(self, number, size):
        """The venue fills an order of ours, and reports nothing."""
        order, address = self.venue.open[number], self.venue.places[number]
        return self.fill_of(address.client_order_id, address.account_id, order.side, size)

    def fill_of(self, name, account, side, size):
        trade_id = len(self.fills) + 101
        fill = ListedFill(
            account, name, "1", trade_id, side, 999_990, size, 0, self.venue.now - NANOS_PER_SECOND
        )
        self.fills.append(fill)
        return fill


class Counted:
    """A store that counts how often it is read."""

    def __init__(self, store):
        self._store, self.readings = store, 0
        self.transaction = store.transaction

    def reading(self):
        self.readings += 1
        return self._store.reading()


class Scene:
    def warning(self, event, **fields):
        self.said.append((event, fields["summary"]))

    def __init__(self, office):
        self.said = []
        self.office, self.store = office, Counted(office.store)
        self.runner = office.engine_host.get(SYMBOL)
        self.venue = office.venues[SYMBOL]
        self.lists = Lists(self.venue)
        self.reconciliation = Reconciliation(
            self.store,
            office.intent_log,
            office.engine_host,
            office.alarms,
            office.clock,
            logger=self,
            second_comparison_s=0,
        )
        office.connect_lists(SYMBOL, self.lists)
        self.reconciliation.notice()

    @property
    def counters(self):
        return self.reconciliation.counters(SYMBOL)

    async def check(self):
        fits = await self.reconciliation.check(SYMBOL)
        await self.office.passes(100)
        await self.office.recorder.flushed(PATIENCE_S)
        await self.office.intent_log.flushed(PATIENCE_S)
        return fits

    @property
    def position(self):
        return self.runner.snapshot().position

    async def stored(self):
        async with self.office.store.reading() as unit:
            return (await unit.fills.page(Criteria(symbol=SYMBOL), 100)).items

    async def row(self, name):
        async with self.office.store.reading() as unit:
            (row,) = await unit.orders.get([name])
        return row


@pytest.fixture
async def scene():
    async with database() as store, at_work(store) as office:
        await office.quoting(weights=(50,))
        yield Scene(office)


def bid_of(scene):
    return next(n for n, order in scene.venue.open.items() if order.side is Side.BUY)


async def test_what_fits_is_left_alone(scene):
    assert await scene.check()
    assert scene.counters.checked_at is not None
    assert (scene.counters.missed_fills, scene.counters.foreign_orders) == (0, 0)
    assert scene.runner.state is PoolState.ACTIVE


async def test_what_fits_is_read_from_the_store_at_once(scene):
    """Many pools are compared, again and again: of orders, members and accounts one picture."""
    await scene.check()
    scene.store.readings = 0
    assert await scene.check()
    assert scene.store.readings == 1


async def test_a_fill_that_was_never_reported_is_booked_once(scene):
    scene.lists.filled(bid_of(scene), 3)
    await scene.check()
    await scene.check()
    assert scene.position == 3
    assert [(f.trade_id, f.size) for f in await scene.stored()] == [(101, 3)]
    assert scene.counters.missed_fills == 1
    said = ("missed fills booked", "1 fills found, position 0.000 -> 0.003")
    assert scene.said == [said]
    assert await scene.check()


async def test_a_fill_that_was_reported_is_not_booked_again(scene):
    number = bid_of(scene)
    address = scene.venue.places[number]
    told = scene.venue.fill(number, 3)
    fill = scene.lists.fill_of(address.client_order_id, address.account_id, Side.BUY, 3)
    scene.lists.fills[0] = ListedFill(
        fill.account_id,
        fill.client_order_id,
        "1",
        told.trade_id,
        fill.side,
        told.price,
        3,
        0,
        fill.ts_event,
    )
    await scene.office.passes(50)
    await scene.check()
    assert (scene.position, len(await scene.stored())) == (3, 1)


async def test_a_fill_of_a_former_life_finds_its_owner_in_the_store(scene):
    member = scene.runner.config.members[0].participant_id
    account = scene.venue.places[bid_of(scene)].account_id
    former = stored_order(
        9_001, participant_id=member, account_id=account, side=Side.SELL, created_at=5
    )
    async with scene.office.store.transaction() as unit:
        await unit.orders.add([former])
    scene.lists.fill_of(former.client_order_id, account, Side.SELL, 10)
    await scene.check()
    assert scene.position == -10
    (fill,) = await scene.stored()
    assert (fill.participant_id, fill.client_order_id) == (member, former.client_order_id)
    row = await scene.row(former.client_order_id)
    assert (row.status, row.filled) == (OrderStatus.FILLED, 10)


async def test_a_fill_of_no_order_of_ours_is_nobodys_and_stops_the_pool(scene):
    account = scene.venue.places[bid_of(scene)].account_id
    scene.lists.fill_of("somebody-else", account, Side.BUY, 3)
    await scene.check()
    assert scene.counters.unowned_fills == 1
    assert scene.runner.state is PoolState.PAUSED
    assert scene.position == 0
    assert await scene.stored() == ()


async def test_an_order_on_our_account_that_is_not_ours_is_cancelled(scene):
    account = scene.venue.places[bid_of(scene)].account_id
    stranger = ListedOrder(account, "by-hand", "77", Side.BUY, 1, 1, 1)
    scene.lists.strangers.append(stranger)
    open_before = dict(scene.venue.open)
    await scene.check()
    assert scene.lists.withdrawn == ["by-hand"]
    assert scene.counters.foreign_orders == 1
    assert scene.venue.open.keys() >= open_before.keys()
    assert scene.runner.state is PoolState.ACTIVE


class Over(SoleOwner):
    """A lease that has ended."""

    def problem(self, fence):
        return f"over: {fence}"


async def test_without_a_lease_orders_that_may_be_a_successors_are_left_alone(scene):
    account = scene.venue.places[bid_of(scene)].account_id
    scene.lists.strangers.append(ListedOrder(account, "a-successors", "77", Side.BUY, 1, 1, 1))
    member = scene.runner.config.members[0].participant_id
    pending = stored_order(9_003, participant_id=member, status=OrderStatus.LIVE, created_at=5)
    async with scene.office.store.transaction() as unit:
        await unit.orders.add([pending])
    scene.office.intent_log.lease = Over()
    await scene.check()
    assert scene.lists.withdrawn == []
    assert (await scene.row(pending.client_order_id)).status is OrderStatus.LIVE
    assert (scene.counters.foreign_orders, scene.counters.lost_orders) == (0, 0)


async def test_a_stored_order_that_the_venue_does_not_have_is_closed(scene):
    member = scene.runner.config.members[0].participant_id
    former = stored_order(9_002, participant_id=member, status=OrderStatus.LIVE, created_at=5)
    async with scene.office.store.transaction() as unit:
        await unit.orders.add([former])
    await scene.check()
    row = await scene.row(former.client_order_id)
    assert (row.status, row.reason) == (OrderStatus.CANCELED, "not open at the venue")
    assert scene.counters.lost_orders == 1


async def test_a_stored_order_that_is_open_nowhere_is_as_much_filled_as_its_stored_fills(scene):
    """What became of it was not on the disk when the database's server died; its fills were."""
    member = scene.runner.config.members[0].participant_id
    size = stored_order(9_002).size
    former = [
        stored_order(n, participant_id=member, status=OrderStatus.LIVE, created_at=5)
        for n in (9_002, 9_003)
    ]
    sizes = zip(former, (size, size - 1), strict=True)
    fills = [stored_fill(n, of=of, size=lots) for n, (of, lots) in enumerate(sizes, 9_002)]
    async with scene.office.store.transaction() as unit:
        await unit.orders.add(former)
        await unit.fills.add(fills)
    await scene.check()
    rows = [await scene.row(each.client_order_id) for each in former]
    assert [(row.status, row.filled, row.reason) for row in rows] == [
        (OrderStatus.FILLED, size, ""),
        (OrderStatus.CANCELED, size - 1, "not open at the venue"),
    ]


async def test_a_question_that_fails_proves_nothing(scene):
    scene.lists.extra_lots = 7
    scene.lists.mute = True
    for _ in range(3):
        assert not await scene.check()
    assert (scene.counters.failed, scene.counters.mismatches) == (3, 0)
    assert (scene.counters.problem, scene.counters.checked_at) == ("no answer", None)
    assert scene.runner.state is PoolState.ACTIVE


async def test_two_checks_in_a_row_with_another_position_stop_the_pool(scene):
    scene.lists.extra_lots = 7
    await scene.check()
    assert scene.runner.state is PoolState.ACTIVE
    await scene.check()
    assert scene.runner.state is PoolState.PAUSED
    (member, *_) = scene.runner.config.members
    expected = f"position of {member.participant_id}: 0.000 with us, 0.007 at the venue"
    assert scene.runner.reason == expected


async def test_a_position_that_fits_again_is_forgiven(scene):
    scene.lists.extra_lots = 7
    await scene.check()
    scene.lists.extra_lots = 0
    await scene.check()
    scene.lists.extra_lots = 7
    await scene.check()
    assert scene.runner.state is PoolState.ACTIVE


async def test_a_pool_that_hung_up_is_not_asked_for(scene):
    assert scene.counters is not None
    scene.office.engine_host.close(SYMBOL)
    scene.reconciliation.notice()
    assert scene.counters is None
