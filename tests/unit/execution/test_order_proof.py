"""Nothing is open when the venue has said so twice, and not on an assumption."""

from market_maker.execution.order_proof import (
    ASK_AGAIN,
    ASK_INTERVAL,
    REST_INTERVAL,
    OrderProof,
)
from market_maker.model.actions import Place
from market_maker.model.orders import Side
from tests.support.quiet_venue import QuietVenue

NOW = 1_000_000_000


def looked(proof, now, known=(), *, settled=True):
    proof.ask(now, known, settled=settled)
    return proof.unconfirmed


def test_two_empty_answers_in_a_row_are_the_proof():
    venue = QuietVenue(NOW)
    proof = OrderProof(venue)
    assert looked(proof, NOW)
    venue.mute = True
    assert looked(proof, NOW + 1), "no answer proves nothing"
    assert proof.problem == f"no answer at {NOW + 1}"
    venue.mute = False
    assert not looked(proof, NOW + 2)
    assert proof.problem == ""


def test_one_list_that_is_read_twice_is_one_answer():
    venue = QuietVenue(NOW)
    venue.listed_at = NOW - 1
    proof = OrderProof(venue)
    assert looked(proof, NOW)
    for later in (1, 2, 3):
        assert looked(proof, NOW + later)
    assert proof.empty_lists == 1
    # Asked for when the first answer was known, and had later.
    venue.listed_at = NOW + 1
    assert not looked(proof, NOW + 4)
    # At rest the same list will do.
    assert not looked(proof, NOW + 5)
    proof.pulled(NOW + 6)
    assert looked(proof, NOW + 6)


def test_a_list_that_shows_something_is_no_first_answer():
    venue = QuietVenue(NOW)
    venue.deaf, venue.listed_at = True, NOW
    venue.place(NOW, Place(1, "ann", Side.BUY, 0, 100, 1))
    proof = OrderProof(venue)
    assert looked(proof, NOW + 1)
    venue.open.clear()
    assert looked(proof, NOW + 2), "one answer"
    venue.listed_at = NOW + 3
    assert not looked(proof, NOW + 4)


def test_what_the_engine_does_not_know_of_is_cancelled():
    venue = QuietVenue(NOW)
    for number in (1, 2):
        venue.place(NOW, Place(number, "ann", Side.BUY, 0, 100, 1))
    proof = OrderProof(venue)
    assert looked(proof, NOW, known=[1])
    assert (proof.strays, venue.cancelled) == (1, [2])


def test_what_another_worker_has_at_the_venue_is_left_alone_and_disproves_nothing():
    venue = QuietVenue(NOW)
    for number in (1, 2):
        venue.place(NOW, Place(number, "ann", Side.BUY, 0, 100, 1))
    proof = OrderProof(venue)
    proof.yielded = True
    assert looked(proof, NOW, known=[1])
    assert looked(proof, NOW + 1)
    assert not looked(proof, NOW + 2)
    assert (proof.strays, venue.cancelled) == (0, [])


def test_the_answers_since_the_orders_were_pulled_are_kept_and_the_one_that_proved_it():
    venue = QuietVenue(NOW)
    venue.place(NOW, Place(1, "ann", Side.BUY, 0, 100, 1))
    proof = OrderProof(venue)
    looked(proof, NOW, known=[1])
    proof.pulled(NOW + 1)
    assert proof.answers == ()
    looked(proof, NOW + 2, known=[1])
    venue.cancel(NOW + 3, 1)
    for later in (4, 5, 6):
        looked(proof, NOW + later)
    assert [(each.ts - NOW, each.venue_open, each.ours_open) for each in proof.answers] == [
        (2, 1, 1),
        (4, 0, 0),
        (5, 0, 0),
        (6, 0, 0),
    ]
    assert proof.proved_at == NOW + 5
    proof.pulled(NOW + 7)
    assert proof.proved_at is None


def test_nothing_is_proved_while_something_may_be_on_its_way():
    proof = OrderProof(QuietVenue(NOW))
    assert [looked(proof, NOW + n, settled=False) for n in range(3)] == [True] * 3


def test_the_venue_is_asked_often_until_it_is_proved_and_seldom_then():
    proof = OrderProof(QuietVenue(NOW))
    assert proof.due(NOW)
    looked(proof, NOW)
    assert not proof.due(NOW + ASK_AGAIN - 1)
    assert proof.due(NOW + ASK_AGAIN)
    looked(proof, NOW + 1)
    assert not proof.due(NOW + ASK_AGAIN + 1)
    assert proof.due(NOW + REST_INTERVAL + 1)
    proof.pulled(NOW + 2)
    assert proof.due(NOW + 2)
    assert proof.unconfirmed


def test_a_venue_that_has_orders_to_cancel_has_time_for_it_before_it_is_asked_again():
    venue = QuietVenue(NOW)
    venue.deaf = True
    venue.place(NOW, Place(1, "ann", Side.BUY, 0, 100, 1))
    proof = OrderProof(venue)
    looked(proof, NOW)
    assert not proof.due(NOW + ASK_INTERVAL - 1)
    assert proof.due(NOW + ASK_INTERVAL)


def test_while_cancels_are_not_answered_the_venue_is_asked_less_often():
    venue = QuietVenue(NOW)
    venue.place(NOW, Place(1, "ann", Side.BUY, 0, 100, 1))
    proof = OrderProof(venue)
    looked(proof, NOW, known=[1])
    assert not proof.due(NOW + ASK_INTERVAL - 1, held=True)
    assert proof.due(NOW + ASK_INTERVAL, held=True)
    assert proof.due(NOW + ASK_AGAIN), "the last of them is gone"


def test_a_venue_that_has_not_answered_is_asked_again_soon():
    venue = QuietVenue(NOW)
    venue.mute = True
    proof = OrderProof(venue)
    looked(proof, NOW)
    assert proof.due(NOW + ASK_AGAIN)


def test_at_rest_a_venue_that_has_not_answered_is_asked_again_soon():
    venue = QuietVenue(NOW)
    proof = OrderProof(venue)
    looked(proof, NOW)
    assert not looked(proof, NOW + 1)
    assert not proof.due(NOW + ASK_INTERVAL + 1)
    venue.mute = True
    looked(proof, NOW + 1)
    assert not proof.unconfirmed
    assert not proof.due(NOW + ASK_INTERVAL)
    assert proof.due(NOW + ASK_INTERVAL + 1)
