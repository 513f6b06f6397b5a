"""Small random recordings for the tests of the replay venue, and scripts of what we do on them."""

from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from market_maker.model.actions import Place
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Side
from market_maker.model.recording import Recording, RowKind
from market_maker.model.units import ParticipantId

K = RowKind
INSTRUMENT = Instrument("TEST", Decimal("0.1"), Decimal("0.01"))
PRICES = st.integers(95, 105)
SIZES = st.integers(0, 12)
MEMBER = ParticipantId("in-house")


def recording(rows, origin="made for a test") -> Recording:
    """Of (kind, ticks, lots, ts_event, ts_recv)."""
    columns = np.array(rows, dtype=np.int64).reshape(len(rows), 5).T.copy()
    kind, ticks, lots, ts_event, ts_recv = columns
    return Recording(INSTRUMENT, kind.astype(np.uint8), ticks, lots, ts_event, ts_recv, 0, origin)


def buy(order_id, price, size) -> Place:
    return Place(order_id, MEMBER, Side.BUY, 0, price, size)


def sell(order_id, price, size) -> Place:
    return Place(order_id, MEMBER, Side.SELL, 0, price, size)


@st.composite
def messages(draw):
    """Rows of one message, as (kind, ticks, lots)."""
    what = draw(st.sampled_from("llllttttbex" + "g" * draw(st.booleans())))
    if what == "l":
        levels = st.tuples(st.sampled_from([K.BID, K.ASK]), PRICES, SIZES)
        return draw(st.lists(levels, min_size=1, max_size=4))
    if what == "t":
        sides = st.sampled_from([K.BUY_TRADE, K.SELL_TRADE])
        return [draw(st.tuples(sides, PRICES, st.integers(1, 9)))]
    if what == "b":
        bid = draw(PRICES)
        ask = draw(st.integers(bid + 1, 107))
        return [
            (K.BEST_BID, bid, draw(st.integers(1, 9))),
            (K.BEST_ASK, ask, draw(st.integers(1, 9))),
        ]
    if what == "e":
        return [(K.BEST_EXPIRED, 0, 0)]
    if what == "g":
        return [(K.GAP, 0, 0)]
    return snapshot(draw(st.integers(98, 102)), draw(st.integers(0, 9)))


def snapshot(mid, lots):
    """CLEAR and a book around `mid`."""
    bids = [(K.BID, mid - depth, lots + depth) for depth in (1, 2, 4)]
    asks = [(K.ASK, mid + depth, lots + 2 * depth) for depth in (1, 3, 4)]
    return [(K.CLEAR, 0, 0), *bids, *asks]


@st.composite
def tapes(draw) -> Recording:
    """A recording of up to forty messages whose two clocks do not run in step."""
    rows = [(*row, 1_000, 1_000) for row in snapshot(100, 3)]
    recv = 1_000
    for rows_of_message in draw(st.lists(messages(), max_size=40)):
        recv += draw(st.integers(0, 9))
        event = max(0, recv - draw(st.integers(0, 15)))
        rows += [(*row, event, recv) for row in rows_of_message]
    return recording(rows)


@st.composite
def scripts(draw):
    """Per step: ("place", side, price, size), ("cancel", n-th order placed), in any number."""
    place = st.tuples(
        st.just("place"), st.sampled_from(list(Side)), st.integers(94, 106), st.integers(1, 15)
    )
    cancel = st.tuples(st.just("cancel"), st.integers(1, 30))
    return draw(st.lists(st.lists(st.one_of(place, place, cancel), max_size=3), max_size=30))
