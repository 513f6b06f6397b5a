"""Queue models against the truth of market-by-order data, real and made."""

import random

import pytest

from market_maker.research.queue_calibration import (
    EXPONENTS,
    QueueMessage,
    calibrated,
    judged,
    probes_of,
)

LEVEL = (1, 100)


def told(*events, before=0):
    """(order, what, lots) as messages at one price, where `before` lots stood already."""
    displayed = before
    for order_id, what, lots in events:
        displayed += lots if what == "add" else -lots
        yield QueueMessage(
            LEVEL,
            order_id,
            *(lots if what == name else 0 for name in ("add", "cancel", "trade")),
            displayed,
        )


def test_what_stands_before_an_order_is_what_came_before_it_and_is_still_there():
    probes = probes_of(
        told(
            (1, "add", 5),
            (2, "add", 3),
            (0, "trade", 4),
            (1, "cancel", 2),
            (1, "trade", 3),
            before=4,
        )
    )
    first, second = sorted(probes, key=lambda probe: probe.ahead)
    assert (first.ahead, [step.front for step in first.steps]) == (4, [4, 0])
    assert (second.ahead, [step.front for step in second.steps]) == (9, [5, 3, 0])
    assert second.arrived == 2


def test_an_order_behind_brings_no_other_forward():
    (probe,) = probes_of(told((1, "add", 5), (2, "add", 9), (2, "cancel", 9), before=7))[:1]
    assert [step.front for step in probe.steps] == [7, 7]
    assert probe.arrived is None


def test_the_pessimistic_model_is_never_early_and_never_false():
    error = judged(probes_of(market(seed=1)), None)
    assert (error.early, error.false) == (0.0, 0.0)
    assert error.bias > 0


def market(seed, *, behind=1.0, events=4_000):
    """One price at which orders come and go. behind: how much likelier the last is to leave."""
    chance, book, number = random.Random(seed), {}, 0
    displayed = 0
    for _ in range(events):
        kind = chance.random()
        if kind < 0.45 or len(book) < 5:
            number += 1
            lots = chance.randrange(1, 20)
            book[number], displayed = lots, displayed + lots
            yield QueueMessage(LEVEL, number, lots, 0, 0, displayed)
        elif kind < 0.85:
            weights = [behind**place for place in range(len(book))]
            gone = chance.choices(list(book), weights)[0]
            lots = book.pop(gone)
            displayed -= lots
            yield QueueMessage(LEVEL, gone, 0, lots, 0, displayed)
        else:
            head = next(iter(book))
            lots = min(book[head], chance.randrange(1, 20))
            book[head] -= lots
            displayed -= lots
            if not book[head]:
                del book[head]
            yield QueueMessage(LEVEL, head, 0, 0, lots, displayed)


@pytest.mark.thorough
def test_where_all_are_as_likely_to_leave_the_calibrated_exponent_is_near_one():
    exponent, low, high = calibrated(probes_of(market(seed=2)))
    assert 0.5 <= low <= exponent <= high <= 2.0


@pytest.mark.thorough
def test_where_the_last_leave_first_the_calibrated_exponent_is_larger():
    even, late = (calibrated(probes_of(market(seed=3, behind=behind)))[0] for behind in (1.0, 1.3))
    assert late > even + 0.5


def test_errors_are_shares_and_distances_have_a_standard_error():
    error = judged(probes_of(market(seed=4, events=800)), 2.0)
    assert 0 <= error.found <= 1
    assert 0 <= error.early <= 1
    assert error.front_error > 0
    assert error.arrivals <= error.probes
    assert min(EXPONENTS) < 2.0 < max(EXPONENTS)
