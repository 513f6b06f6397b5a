"""Two markets of which one leads: the other's mid goes where the first's went a little before."""

import random
from decimal import Decimal

from market_maker.model.instrument import Instrument
from market_maker.model.recording import RowKind
from tests.captures import make_recording
from tests.toy_market import INSTRUMENT, START, STEP, TRANSIT

LEADER = Instrument("LEADUSD", Decimal("0.5"), Decimal("0.1"))
"""Other ticks and another currency: only how it moves counts."""

DEPTH = 3


def led_pair(seconds=150, *, seed=1, delay=6, follows=True):
    """(follower, leader). delay: in steps of 50 ms. follows: else they have nothing in common."""
    steps = seconds * 1_000_000_000 // STEP
    path = walk(random.Random(seed), steps + delay)
    own = path[:steps] if follows else walk(random.Random(seed + 1_000), steps)
    ahead = [2 * mid for mid in path[delay:]]
    chance = random.Random(seed + 2_000)
    return market(own, INSTRUMENT, chance), market(ahead, LEADER, chance)


def walk(chance, steps):
    """Mids in ticks of a basis point."""
    mid, path = 10_000, []
    for _ in range(steps):
        if chance.random() < 0.15:
            mid += chance.choice((-2, -1, 1, 2))
        path.append(mid)
    return path


def market(mids, instrument, chance):
    """Best prices a tick either side of each mid; trades at them by chance."""
    book, rows = {}, [(RowKind.CLEAR, 0, 0, START, START + TRANSIT)]
    for step, mid in enumerate(mids):
        now = START + step * STEP
        if step and chance.random() < 0.5:
            kind, at = chance.choice([(RowKind.BUY_TRADE, 1), (RowKind.SELL_TRADE, -1)])
            price, lots = mids[step - 1] + at, chance.randrange(1_000, 40_000)
            rows.append((kind, price, lots, now - STEP // 2, now - STEP // 2 + TRANSIT))
        wanted = levels(mid, chance)
        gone = [(*level, 0) for level in book if level not in wanted]
        changed = [(*level, lots) for level, lots in wanted.items() if book.get(level) != lots]
        rows += [(*row, now, now + TRANSIT) for row in gone + changed]
        book = wanted
    return make_recording(rows, instrument=instrument)


def levels(mid, chance):
    """Sizes by (kind, ticks)."""
    offsets = range(1, DEPTH + 1)
    bids = {(RowKind.BID, mid - i): chance.randrange(5_000, 30_000) for i in offsets}
    return bids | {(RowKind.ASK, mid + i): chance.randrange(5_000, 30_000) for i in offsets}
