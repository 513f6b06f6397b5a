import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.events import (
    Accepted,
    BookSnapshot,
    Canceled,
    Filled,
    InstrumentStatus,
    Rejected,
    RejectReason,
    Trade,
)
from market_maker.model.orders import Side
from market_maker.sandbox.faults import Faults
from tests.unit.sandbox.market_client import ME, MS, SECOND, START, STEADY, Client

pytestmark = pytest.mark.thorough


def test_a_lost_request_has_no_effect_and_a_lost_reply_has():
    lost, unheard = (
        Client(faults=Faults(**{name: 1.0})) for name in ("lose_request", "lose_reply")
    )
    for client in (lost, unheard):
        client.wait(SECOND)
        client.place(Side.BUY, client.best()[0] - 3_000, 5)
        client.wait(SECOND)
        assert not client.mine()
    assert not lost.market.open_orders(ME)
    assert len(unheard.market.open_orders(ME)) == 1


def test_a_lost_fill_is_still_on_the_venues_list():
    client = Client(faults=Faults(lose_fill=1.0))
    client.get_filled()
    client.wait(SECOND)
    assert not client.of(Filled)
    assert client.market.fills(ME)


def test_a_doubled_fill_carries_the_same_trade_id_twice():
    client = Client(faults=Faults(duplicate_fill=1.0))
    client.get_filled()
    client.wait(5 * SECOND)
    ids = sorted(fill.trade_id for fill in client.of(Filled))
    assert ids == sorted(2 * [fill.trade_id for fill in client.market.fills(ME)])


def test_a_late_fill_may_come_after_the_cancel_acknowledgement():
    client = Client(faults=Faults(late_fill=1.0, late_ns=60 * SECOND))
    client.cancel(client.get_filled(size=5_000))
    client.wait(70 * SECOND)
    kinds = [type(event) for event in client.mine()]
    assert Filled in kinds[kinds.index(Canceled) :]
    assert len(client.of(Filled)) == len(client.market.fills(ME))


def test_a_lost_delta_leaves_a_gap_that_a_snapshot_ends():
    client = Client()
    client.wait(SECOND)
    client.market.faults = Faults(lose_delta=1.0)
    client.wait(300 * MS)
    client.market.faults = Faults()
    client.wait(300 * MS)
    with pytest.raises(AssertionError):
        client.book()
    client.market.request_snapshot(client.now, client.subscription)
    client.wait(SECOND)
    last = max(i for i, event in enumerate(client.heard) if isinstance(event, BookSnapshot))
    client.heard = client.heard[last:]
    bids, asks = client.book()
    assert max(bids) < min(asks)


def test_a_venue_that_rejects_names_no_good_reason():
    client = Client(faults=Faults(reject=1.0))
    client.wait(SECOND)
    client.place(Side.BUY, client.best()[0] - 3_000, 5)
    client.wait(SECOND)
    assert [event.reason for event in client.mine()] == [RejectReason.OTHER]


def test_a_halt_stops_trading_refuses_orders_lets_cancels_through_and_ends():
    client = Client()
    client.wait(SECOND)
    bid = client.best()[0] - 3_000
    order_id = client.place(Side.BUY, bid, 5)
    client.wait(SECOND)
    client.market.faults = Faults(halt=1.0, halt_ns=4 * SECOND)
    client.wait(SECOND)
    client.market.faults = Faults()
    client.cancel(order_id)
    client.place(Side.BUY, bid, 5)
    client.wait(2 * SECOND)
    assert [type(event) for event in client.mine()] == [Accepted, Canceled, Rejected]
    assert client.mine()[-1].reason is RejectReason.PAUSED
    halted = client.of(InstrumentStatus)[0].ts_recv
    assert not [e for e in client.of(Trade) if e.ts_event > halted]
    client.wait(10 * SECOND)
    assert [event.halted for event in client.of(InstrumentStatus)] == [True, False]
    assert client.of(Trade)[-1].ts_event > client.of(InstrumentStatus)[1].ts_recv


def test_a_snapshot_during_a_halt_reports_the_halt():
    client = Client()
    client.market.set_halted(True)
    late = client.market.subscribe(START)
    client.wait(SECOND)
    assert InstrumentStatus in [type(event) for event in late.drain()]


def test_a_fault_that_is_switched_on_moves_no_trader():
    trades = []
    for faults in (Faults(), Faults(lose_delta=0.5)):
        client = Client(faults=faults, latency=STEADY)
        client.wait(20 * SECOND)
        trades.append([(e.ts_event, e.price, e.size) for e in client.of(Trade)])
    assert trades[0] == trades[1]


@pytest.mark.parametrize("wrong", [{"halt": 1.1}, {"reject": -0.1}, {"late_ns": 0}])
def test_faults_that_cannot_be_are_refused_by_name(wrong):
    with pytest.raises(InvalidFieldError) as refused:
        Faults(**wrong)
    assert refused.value.field in wrong
