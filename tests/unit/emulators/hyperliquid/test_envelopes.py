"""Bodies of /exchange: read by schema, whatever the order of their keys."""

import random

import msgspec
import pytest

from market_maker.emulators.hyperliquid.envelopes import read
from market_maker.emulators.hyperliquid.info import BadRequestError
from market_maker.venues.hyperliquid.actions import packed
from tests.shared_data import need_shared_vectors

GOOD = {
    "action": {"type": "noop"},
    "nonce": 5,
    "signature": {"r": "0x1", "s": "0x2", "v": 27},
}


def shuffled(value, rng):
    """The same JSON with its keys in another order and a null in between."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, rng)) for key, item in value.items()]
        rng.shuffle(items)
        return {"zzz": None, **dict(items)}
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


def vectors():
    """The published signatures of actions that an account or its agent signs."""
    whole = msgspec.json.decode(
        (need_shared_vectors("hyperliquid") / "signing_vectors_open.json").read_bytes()
    )
    return [one for one in whole["vectors"] if one["kind"] == "l1"]


def test_every_vector_is_hashed_alike_whatever_the_order_of_its_keys():
    rng = random.Random(7)
    found = vectors()
    assert len(found) >= 20
    for vector in found:
        body = {**GOOD, "action": vector["action"], "nonce": vector["nonce"]}
        body["vaultAddress"] = vector["vaultAddress"]
        signed = read(msgspec.json.encode(shuffled(body, rng)))
        assert packed(signed.action).hex() == vector["msgpack_hex"], vector["name"]


@pytest.mark.parametrize(
    "change",
    [
        {"action": None},
        {"action": []},
        {"action": {"type": "nope"}},
        {"action": {"type": "order", "orders": "all"}},
        {"action": {"type": "order", "orders": [{"a": "0"}], "grouping": "na"}},
        {"action": {"type": "scheduleCancel", "time": 2**70}},
        {"nonce": -1},
        {"nonce": 2**63},
        {"nonce": "5"},
        {"nonce": 5.5},
        {"expiresAfter": -1},
        {"vaultAddress": "0x12"},
        {"vaultAddress": "zz" * 21},
        {"signature": "0x"},
        {"signature": {"r": "0x" + "1" * 65, "s": "0x2", "v": 27}},
    ],
)
def test_what_the_venue_has_no_type_for_is_not_read(change):
    with pytest.raises(BadRequestError):
        read(msgspec.json.encode({**GOOD, **change}))


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[" * 100_000, b"\xff\xfe", b'"x"'])
def test_what_is_no_json_is_not_read(raw):
    with pytest.raises(BadRequestError):
        read(raw)


def test_a_batch_weighs_one_more_for_each_forty_items():
    cancels = [{"a": 0, "o": number} for number in range(80)]
    signed = read(msgspec.json.encode({**GOOD, "action": {"type": "cancel", "cancels": cancels}}))
    assert (signed.count, signed.weight, signed.cancels) == (80, 3, True)
