"""Recordings of one market that share time."""

from decimal import Decimal

import msgspec

from market_maker.model.units import NANOS_PER_SECOND
from market_maker.research.common_time import common_time
from tests.toy_market import toy_recording


def moved(recording, seconds):
    """The same rows, so much later."""
    later = seconds * NANOS_PER_SECOND
    return msgspec.structs.replace(
        recording, ts_event=recording.ts_event + later, ts_recv=recording.ts_recv + later
    )


FIRST = toy_recording(seconds=10, seed=1)


def test_a_recording_says_what_it_shares_with_each_one_before_it():
    second, third = (moved(toy_recording(seconds=10, seed=seed), 6) for seed in (2, 3))
    shared = (FIRST.end - second.start) / NANOS_PER_SECOND
    named = [("a.mmrec", FIRST), ("b.mmrec", second), ("c.mmrec", third)]
    alone, with_one, with_two = common_time(named)
    assert alone == ()
    assert with_one == (f"it shares {shared:,.1f} s with a.mmrec, which count twice",)
    assert [remark.split(" with ")[1] for remark in with_two] == [
        "a.mmrec, which count twice",
        "b.mmrec, which count twice",
    ]


def test_what_follows_and_what_is_another_market_share_nothing():
    after = moved(toy_recording(seconds=10, seed=2), 11)
    coarser = msgspec.structs.replace(FIRST.instrument, tick_size=Decimal(1))
    spot = msgspec.structs.replace(FIRST, instrument=coarser)
    assert FIRST.instrument.tick_size != coarser.tick_size
    assert common_time([("a", FIRST), ("b", after), ("c", spot)]) == [(), (), ()]
