"""What every venue does: facts about the market and about orders, and its own lists."""

import pytest

from market_maker.model.errors import VenueUnavailableError
from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookSnapshot,
    Canceled,
    CancelRejected,
    Filled,
    Rejected,
    RejectReason,
    Trade,
)
from market_maker.model.units import OrderId
from tests.contract.venue.conftest import filled_orders

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]


def open_ids(desk):
    """What is proved to be open; None while the venue has not answered."""
    try:
        return [int(order.order_id) for order in desk.venue.open_orders(desk.clock.now())]
    except VenueUnavailableError:
        return None


async def test_a_snapshot_comes_unasked_and_deltas_go_on_from_it_without_a_gap(desk):
    book = await desk.until(
        lambda: [e for e in desk.heard if isinstance(e, BookSnapshot | BookDelta)][:10]
    )
    await desk.until(lambda: any(isinstance(event, Trade) for event in desk.heard))
    seq = next(event.seq for event in book if isinstance(event, BookSnapshot))
    for delta in (e for e in book if isinstance(e, BookDelta) and e.last_seq > seq):
        assert delta.first_seq <= seq + 1
        seq = delta.last_seq


async def test_an_event_is_stamped_by_our_clock(desk):
    await desk.until(lambda: len(desk.heard) > 10)
    stamps = [event.ts_recv for event in desk.heard]
    assert stamps == sorted(stamps)
    assert stamps[-1] <= desk.clock.now()


async def test_a_snapshot_comes_when_it_is_asked_for(desk):
    desk.heard.clear()
    desk.venue.request_snapshot(desk.clock.now())
    await desk.until(lambda: any(isinstance(e, BookSnapshot) for e in desk.heard))


async def test_an_order_is_accepted_listed_and_cancelled(desk):
    order_id = desk.place(name="mm-one")
    await desk.heard_of(order_id, Accepted)
    assert await desk.until(lambda: open_ids(desk)) == [order_id]
    (listed,) = await desk.venue.listed_orders("account-ann")
    size = 10 * desk.unit
    assert (listed.client_order_id, listed.size, listed.leaves) == ("mm-one", size, size)
    desk.cancel(order_id)
    await desk.heard_of(order_id, Canceled)
    assert await desk.until(lambda: open_ids(desk) == [])
    assert await desk.venue.listed_orders("account-ann") == ()


async def test_each_order_trades_on_the_account_it_is_sent_to(desk):
    desk.place(account="account-ann", name="mm-a")
    desk.place(account="account-bob", name="mm-b")
    for account, name in (("account-ann", "mm-a"), ("account-bob", "mm-b")):
        await desk.until(lambda: len([e for e in desk.heard if isinstance(e, Accepted)]) == 2)
        listed = await desk.venue.listed_orders(account)
        assert [order.client_order_id for order in listed] == [name]


async def test_events_of_an_account_that_comes_later_arrive_too(desk):
    order_id = desk.place(account="account-eve")
    await desk.heard_of(order_id, Accepted)


async def test_an_order_that_would_take_is_rejected_as_such(desk):
    order_id = desk.place(distance=-1_000)
    rejected = await desk.heard_of(order_id, Rejected)
    assert rejected.reason is RejectReason.POST_ONLY


async def test_a_cancel_of_what_is_gone_is_rejected_as_gone(desk):
    order_id = desk.place()
    await desk.heard_of(order_id, Accepted)
    desk.cancel(order_id)
    await desk.heard_of(order_id, Canceled)
    desk.cancel(order_id)
    assert (await desk.heard_of(order_id, CancelRejected)).gone


async def test_orders_are_cancelled_together_and_each_has_its_own_answer(desk):
    ids = [desk.place() for _ in range(3)]
    for order_id in ids:
        await desk.heard_of(order_id, Accepted)
    gone = ids.pop()
    desk.cancel(gone)
    await desk.heard_of(gone, Canceled)
    desk.cancel(ids[0], gone, ids[1])
    for order_id in ids:
        await desk.heard_of(order_id, Canceled)
    assert (await desk.heard_of(gone, CancelRejected)).gone
    assert await desk.until(lambda: open_ids(desk) == [])
    reports = [event.order_id for event in desk.heard if isinstance(event, Canceled)]
    assert sorted(reports) == sorted([gone, *ids])


async def test_a_fill_is_reported_once_and_stands_on_the_list_and_in_the_position(desk):
    await filled_orders(desk, 3)
    fills = [event for event in desk.heard if isinstance(event, Filled)]
    listed = await desk.venue.listed_fills("account-ann")
    assert len(fills) >= 3
    reported = [(f.trade_id, f.price, f.size, f.fee) for f in fills]
    assert reported == [(f.trade_id, f.price, f.size, f.fee) for f in listed][: len(reported)]
    names = [f"mm-account-ann-{f.order_id}" for f in fills]
    assert names == [f.client_order_id for f in listed][: len(names)]
    assert len({f.trade_id for f in listed}) == len(listed)
    held = await desk.venue.listed_position("account-ann")
    assert held == sum(f.size for f in await desk.venue.listed_fills("account-ann"))


async def test_fills_can_be_asked_for_after_one_that_is_known(desk):
    await filled_orders(desk, 2)
    listed = await desk.venue.listed_fills("account-ann")
    first, *rest = listed
    behind = await desk.venue.listed_fills("account-ann", first.mark)
    # Others of the same moment may be listed again.
    assert first not in behind
    assert set(rest) <= set(behind)


async def test_nothing_is_listed_of_an_account_that_never_traded(desk):
    assert await desk.venue.listed_orders("account-new") == ()
    assert await desk.venue.listed_fills("account-new") == ()
    assert await desk.venue.listed_position("account-new") == 0


async def test_an_order_of_a_former_life_is_found_and_can_be_cancelled(later_desk):
    desk = later_desk
    (left,) = await desk.until(lambda: open_ids(desk))
    desk.cancel(OrderId(left))
    await desk.until(lambda: open_ids(desk) == [])


async def test_an_order_of_a_former_life_can_be_withdrawn_from_the_list(later_desk):
    desk = later_desk
    (left,) = await desk.venue.listed_orders("account-ann")
    await desk.venue.withdraw(left)
    await desk.until(lambda: open_ids(desk) == [])
    assert await desk.venue.listed_orders("account-ann") == ()
