"""Answers to actions are read as the venue means them."""

import json

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.venues.hyperliquid.exchange_wire import (
    Done,
    FilledAtOnce,
    Refusal,
    Refused,
    Resting,
    action_answer,
    refusal_of,
)


def answer(*statuses, kind="order"):
    told = {"status": "ok", "response": {"type": kind, "data": {"statuses": list(statuses)}}}
    return action_answer(json.dumps(told).encode())


def test_each_order_of_a_batch_has_its_own_status():
    got = answer(
        {"resting": {"oid": 41, "cloid": "0xab"}},
        {"filled": {"totalSz": "0.02", "avgPx": "1891.4", "oid": 77}},
        {"error": "Order must have minimum value of $10. asset=173"},
        "waitingForTrigger",
    )
    resting, filled, refused, waiting = got.of(4)
    assert resting == Resting(41, "0xab")
    assert isinstance(filled, FilledAtOnce)
    assert (filled.oid, str(filled.avg_px)) == (77, "1891.4")
    assert refused == Refused("Order must have minimum value of $10. asset=173")
    assert waiting == Done("waitingForTrigger")


def test_a_single_error_is_that_of_every_order_of_the_batch():
    assert (
        answer({"error": "Price must be divisible by tick size."}).of(3)
        == (Refused("Price must be divisible by tick size."),) * 3
    )


def test_a_refusal_of_the_whole_is_that_of_every_order():
    got = action_answer(b'{"status":"err","response":"User or API Wallet 0xab does not exist."}')
    assert refusal_of(got.refused) is Refusal.UNKNOWN_SIGNER
    assert got.of(2) == (Refused("User or API Wallet 0xab does not exist."),) * 2


def test_statuses_that_cannot_be_matched_to_orders_are_refused():
    with pytest.raises(InvalidDataError, match="2 statuses for 3 orders"):
        answer("success", "success", kind="cancel").of(3)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"429",
        b'{"status":"ok","response":{"type":"order","data":{"statuses":[{}]}}}',
        b'{"status":"err","response":{"a":1}}',
        b"\xff\xfe",
        b"[" * 5_000,
    ],
)
def test_what_is_no_answer_is_refused(body):
    with pytest.raises(InvalidDataError):
        action_answer(body)


def test_an_action_without_orders_is_answered_without_statuses():
    got = action_answer(b'{"status":"ok","response":{"type":"default"}}')
    assert (got.refused, got.kind, got.statuses) == (None, "default", ())


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (
            "Post only order would have immediately matched, bbo was 1@2. asset=3",
            Refusal.POST_ONLY,
        ),
        ("Reduce only order would increase position. asset=3", Refusal.REDUCE_ONLY),
        ("Order must have minimum value of 10 USDE.", Refusal.MIN_NOTIONAL),
        ("Insufficient margin to place order. asset=3", Refusal.MARGIN),
        (
            "Order would increase open interest while open interest is capped",
            Refusal.OPEN_INTEREST,
        ),
        (
            "Order rejected due to price more aggressive than oracle while at open interest cap",
            Refusal.OPEN_INTEREST,
        ),
        ("Order would increase open interest too quickly", Refusal.OPEN_INTEREST),
        ("Order price too far from oracle", Refusal.ORACLE_DISTANCE),
        (
            "Order price cannot be more than 80% away from the reference price",
            Refusal.ORACLE_DISTANCE,
        ),
        (
            "Too many cumulative requests sent (37986 > 10436) for cumulative volume traded $437.",
            Refusal.QUOTA,
        ),
        (
            "Only post-only orders allowed immediately after a network upgrade",
            Refusal.PAUSED,
        ),
        ("Action already expired", Refusal.EXPIRED),
        ("Order was never placed, already canceled, or filled. asset=3", Refusal.GONE),
        ("Invalid nonce: duplicate nonce 1741107452532", Refusal.NONCE),
        ("L1 error: User or API Wallet 0xab does not exist.", Refusal.UNKNOWN_SIGNER),
        ("Must deposit before performing actions. User: 0xab", Refusal.NO_FUNDS),
        ("Cannot set scheduled cancel time until enough volume traded.", Refusal.UNSUPPORTED),
        ("Cannot switch leverage type with open position.", Refusal.UNSUPPORTED),
        ("Something that was added last night", Refusal.OTHER),
    ],
)
def test_a_refusal_is_found_by_its_text(text, meaning):
    assert refusal_of(text) is meaning
