"""What happened is numbered, encoded once, and kept for those who missed some."""

from market_maker.api.live_notices import KEPT_FOR, KEPT_MAX, Notices, frame_of
from market_maker.clocks import SimClock
from market_maker.model.units import Nanos


def kept(clock: SimClock | None = None) -> Notices:
    return Notices((clock or SimClock(Nanos(0))).now)


def test_a_frame_is_one_event_as_the_wire_has_it():
    assert frame_of("state", 7, b"{}") == b"event: state\nid: 7\ndata: {}\n\n"


def test_those_after_a_number_come_in_order_and_nothing_after_the_last():
    notices = kept()
    for number in range(3):
        notices.add("fill", {"n": number}, only="BTCUSDT-PERP")
    found = notices.after(1)
    assert found is not None
    assert [each.number for each in found] == [2, 3]
    assert {each.only for each in found} == {"BTCUSDT-PERP"}
    assert found[0].frame == b'event: fill\nid: 2\ndata: {"n":1}\n\n'
    assert notices.after(3) == ()


def test_a_number_that_never_was_and_one_that_is_no_longer_kept_are_unknown():
    notices = kept()
    for _ in range(KEPT_MAX + 1):
        notices.add("state", {})
    assert notices.after(KEPT_MAX + 2) is None
    assert notices.after(0) is None
    assert len(notices.after(1) or ()) == KEPT_MAX


def test_however_many_they_are_those_of_the_last_five_minutes_are_kept_and_older_ones_are_not():
    clock = SimClock(Nanos(0))
    notices = kept(clock)
    notices.add("state", {})
    clock.advance_to(Nanos(1))
    for _ in range(10_000):
        notices.add("fill", {})
    clock.advance_to(Nanos(KEPT_FOR + 1))
    notices.add("state", {})
    assert notices.after(0) is None
    assert len(notices.after(1) or ()) == 10_001


def test_what_is_forgotten_makes_every_reader_begin_anew():
    notices = kept()
    notices.add("state", {})
    notices.forget()
    assert notices.after(1) is None
    assert notices.after(notices.last) == ()
