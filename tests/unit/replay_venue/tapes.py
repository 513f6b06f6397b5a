"""Small random recordings for the tests of the replay venue, and scripts of what we do on them."""

from decimal import Decimal
from random import Random

import msgspec
import numpy as np
from hypothesis import strategies as st

from market_maker.model.actions import Place
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Side
from market_maker.model.recording import Recording, RowKind
from market_maker.model.units import ParticipantId

K = RowKind
INSTRUMENT = Instrument("TEST", Decimal("0.1"), Decimal("0.01"))
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


def message(random):
    """Rows of one message, as (kind, ticks, lots)."""
    what = random.choices("ltbexg", weights=(45, 30, 12, 5, 3, 1))[0]
    if what == "l":
        count = random.randint(1, 4)
        return [(random.choice((K.BID, K.ASK)), price(random), size(random)) for _ in range(count)]
    if what == "t":
        kind = random.choice((K.BUY_TRADE, K.SELL_TRADE))
        return [(kind, price(random), random.randint(1, 9))]
    if what == "b":
        bid = price(random)
        ask = random.randint(bid + 1, 107)
        return [(K.BEST_BID, bid, random.randint(1, 9)), (K.BEST_ASK, ask, random.randint(1, 9))]
    if what == "x":
        return snapshot(random.randint(98, 102), random.randint(0, 9))
    return [(K.BEST_EXPIRED if what == "e" else K.GAP, 0, 0)]


def price(random):
    """Near 100, so that most levels and orders meet."""
    return min(105, max(95, round(random.gauss(100, 2))))


def size(random):
    return random.choice((0, 0, *range(1, 13)))


def snapshot(mid, lots):
    """CLEAR and a book around `mid`."""
    bids = [(K.BID, mid - depth, lots + depth) for depth in (1, 2, 4)]
    asks = [(K.ASK, mid + depth, lots + 2 * depth) for depth in (1, 3, 4)]
    return [(K.CLEAR, 0, 0), *bids, *asks]


def random_tape(seed, length) -> Recording:
    """`length` messages after a snapshot; the two clocks do not run in step."""
    random = Random(seed)
    rows = [(*row, 1_000, 1_000) for row in snapshot(100, 3)]
    recv = 1_000
    for _ in range(length):
        recv += random.randint(0, 9)
        event = max(0, recv - random.randint(0, 15))
        rows += [(*row, event, recv) for row in message(random)]
    return recording(rows)


def tape_in_step(seed, length, delay=15) -> Recording:
    """As random_tape, each message happening after the one before it and at most `delay` before
    its receipt."""
    made, random = random_tape(seed, length), Random(seed)
    event, events = 0, {}
    for recv in made.ts_recv.tolist():
        events.setdefault(recv, max(event, recv - random.randint(0, delay)))
        event = events[recv]
    stamps = np.array([events[recv] for recv in made.ts_recv.tolist()])
    return msgspec.structs.replace(made, ts_event=stamps)


def random_script(seed, length):
    """What we do at each step: ("place", side, price, size) and ("cancel", n-th order placed)."""
    random = Random(seed)
    steps, placed = [], 0
    for _ in range(length):
        actions = []
        for _ in range(random.choice((0, 0, 1, 1, 2))):
            if placed and random.random() < 0.35:
                actions.append(("cancel", random.randint(max(1, placed - 4), placed)))
                continue
            placed += 1
            side = random.choice(list(Side))
            at = price(random) - side.sign * random.randint(0, 2)
            actions.append(("place", side, at, random.randint(1, 15)))
        steps.append(actions)
    return steps


SEEDS = st.integers(0, 2**32)


def tapes():
    return st.builds(random_tape, SEEDS, st.integers(0, 120))


def tapes_in_step():
    return st.builds(tape_in_step, SEEDS, st.integers(0, 120))


def scripts():
    return st.builds(random_script, SEEDS, st.integers(0, 120))
