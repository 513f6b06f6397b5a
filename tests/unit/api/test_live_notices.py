"""What happened is numbered, encoded once, and kept for those who missed some."""

from market_maker.api.live_notices import NOTICES_KEPT, Notices, frame_of


def test_a_frame_is_one_event_as_the_wire_has_it():
    assert frame_of("state", 7, b"{}") == b"event: state\nid: 7\ndata: {}\n\n"


def test_those_after_a_number_come_in_order_and_nothing_after_the_last():
    notices = Notices()
    for number in range(3):
        notices.add("fill", {"n": number}, only="BTCUSDT-PERP")
    found = notices.after(1)
    assert found is not None
    assert [each.number for each in found] == [2, 3]
    assert {each.only for each in found} == {"BTCUSDT-PERP"}
    assert found[0].frame == b'event: fill\nid: 2\ndata: {"n":1}\n\n'
    assert notices.after(3) == ()


def test_a_number_that_never_was_and_one_that_is_no_longer_kept_are_unknown():
    notices = Notices()
    for _ in range(NOTICES_KEPT + 1):
        notices.add("state", {})
    assert notices.after(NOTICES_KEPT + 2) is None
    assert notices.after(0) is None
    kept = notices.after(1)
    assert kept is not None
    assert len(kept) == NOTICES_KEPT


def test_what_is_forgotten_makes_every_reader_begin_anew():
    notices = Notices()
    notices.add("state", {})
    notices.forget()
    assert notices.after(1) is None
    assert notices.after(notices.last) == ()
