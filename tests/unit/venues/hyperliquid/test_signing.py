"""Signatures are those of the venue's own clients, byte by byte."""

import json
import pickle
import random
from decimal import Decimal

import pytest
from msgspec import structs

from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.venues.hyperliquid.actions import (
    CancelByCloid,
    CancelCloid,
    PlaceOrders,
    decode_action,
    limit_order,
    packed,
)
from market_maker.venues.hyperliquid.keys import Signature, SigningKey, signer_of
from market_maker.venues.hyperliquid.precision import wire
from market_maker.venues.hyperliquid.signing import (
    Network,
    SigningTerms,
    action_digest,
    body,
    connection_id,
    signed,
)
from market_maker.venues.hyperliquid.user_signed import user_digest
from tests.shared_data import need_shared_data, need_shared_vectors
from tests.support.hyperliquid_transfers import user_signed

SECRET = "0123456789012345678901234567890123456789012345678901234567890123"  # noqa: S105  the published test key
KEY = SigningKey.from_text(SECRET)
VAULT = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"


def numbers(signature):
    read = (
        structs.asdict(signature) if isinstance(signature, Signature) else {**signature, "_": None}
    )
    return int(read["r"], 16), int(read["s"], 16), read["v"]


def vectors(kind):
    folder = need_shared_vectors("hyperliquid")
    # A closed set may lie beside the open one.
    read = [json.loads(path.read_text()) for path in sorted(folder.glob("signing_vectors*.json"))]
    return [vector for one in read for vector in one["vectors"] if vector["kind"] == kind]


def shuffled(value, rng):
    if isinstance(value, list):
        return [shuffled(one, rng) for one in value]
    if not isinstance(value, dict):
        return value
    items = [(key, shuffled(one, rng)) for key, one in value.items()]
    rng.shuffle(items)
    return dict(items)


def terms(vector):
    return SigningTerms(vector["nonce"], vector["vaultAddress"], vector["expiresAfter"])


def test_the_published_example_is_hashed_and_signed_as_published():
    action = PlaceOrders(
        (limit_order(4, buy=True, price="1670.1", size="0.0147", tif="Ioc"),), "na"
    )
    assert (
        connection_id(action, SigningTerms(1677777606040)).hex()
        == "0fcbeda5ae3c4950a548021552a4fea2226858c4453571bf3f24ba017eac2908"
    )
    made = signed(KEY, action, SigningTerms(1677777606040), Network.TESTNET).signature
    assert made.r == "0x54d5cc489d4fa822a2788ecbdfe19d8dd478b9373cf0024b19aeb8452dc15474"
    assert made.s == "0xeef26897cba04c5670c683b27c3601deb3189295a5670dda0b7cb97efe1b860".replace(
        "0xe", "0x0e"
    )
    assert made.v == 28


def test_every_action_of_the_vectors_is_packed_hashed_and_signed_by_byte_from_shuffled_keys():
    rng = random.Random(11)
    for vector in vectors("l1"):
        name, key = vector["name"], SigningKey.from_text(vector["private_key"])
        action = decode_action(json.dumps(shuffled(vector["action"], rng)))
        assert packed(action).hex() == vector["msgpack_hex"], name
        assert "0x" + connection_id(action, terms(vector)).hex() == vector["connectionId"], name
        for network in Network:
            made = signed(key, action, terms(vector), network).signature
            assert numbers(made) == numbers(vector[network.name.lower()]), name


def test_every_user_signed_action_of_the_vectors_is_signed_by_byte_from_shuffled_keys():
    rng = random.Random(12)
    for vector in vectors("user_signed"):
        key = SigningKey.from_text(vector["private_key"])
        for network in Network:
            told = vector[network.name.lower()]
            made = key.sign(user_digest(shuffled(told["action"], rng)))
            assert numbers(made) == numbers(told["signature"]), vector["name"]


def test_the_signer_of_every_vector_is_recovered_also_from_numbers_without_leading_zeros():
    for vector in vectors("l1"):
        action = decode_action(json.dumps(vector["action"]))
        for network in Network:
            told = Signature(**vector[network.name.lower()])
            short = Signature(hex(int(told.r, 16)), hex(int(told.s, 16)), told.v)
            digest = action_digest(action, terms(vector), network)
            assert signer_of(digest, told) == signer_of(digest, short) == vector["signer"]


def test_published_and_captured_values_are_signed_by_byte():
    folder = need_shared_data("hyperliquid_api") / "signing"
    published = json.loads((folder / "signing_vectors.json").read_text())
    for vector in published["l1"]:
        key = SigningKey.from_text(vector["private_key"])
        # Two of them are no actions at all: what is not known is hashed as it stands.
        for network in Network:
            made = signed(key, vector["action"], terms(vector), network).signature
            if network.name.lower() in vector:
                assert numbers(made) == numbers(vector[network.name.lower()]), vector["name"]
    captured = json.loads((folder / "sdk_0.24.0_payloads.json").read_text())["payloads"]
    assert len(captured) == 40
    for vector in captured:
        payload = vector["payload"]
        network = Network.MAINNET if vector["network"] == "mainnet" else Network.TESTNET
        if "msgpack_hex" in vector:
            action = decode_action(json.dumps(payload["action"]))
            digest = action_digest(action, terms(payload), network)
        else:
            digest = user_digest(payload["action"])
        assert numbers(KEY.sign(digest)) == numbers(payload["signature"]), vector["name"]


def test_absent_and_null_are_the_same_action_and_false_is_another():
    plain = {"type": "cancelByCloid", "cancels": [{"asset": 1, "cloid": "0x" + "0" * 32}]}
    null = decode_action(json.dumps({**plain, "f": None}))
    assert packed(null) == packed(decode_action(json.dumps(plain)))
    assert packed(decode_action(json.dumps({**plain, "f": False}))) != packed(null)


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b'{"type":"order"}',
        b'{"type":"robbery"}',
        b"[]",
        b"\xff",
        b'{"type":"cancel","cancels":[{"a":"0","o":1}]}',
    ],
)
def test_what_is_no_action_is_refused(text):
    with pytest.raises(InvalidDataError):
        decode_action(text)


def test_nonce_vault_expiry_and_network_each_change_the_hash():
    action = CancelByCloid((CancelCloid(0, "0x" + "1" * 32),), f=True)
    kinds = [
        SigningTerms(1),
        SigningTerms(2),
        SigningTerms(1, VAULT),
        SigningTerms(1, None, 5),
        SigningTerms(1, VAULT, 5),
    ]
    digests = {action_digest(action, kind, network) for kind in kinds for network in Network}
    assert len(digests) == len(kinds) * 2


def test_a_body_has_the_five_keys_of_the_wire():
    action = PlaceOrders(
        (limit_order(0, buy=True, price=wire(Decimal("97000.0")), size="1"),), "na"
    )
    read = json.loads(body(signed(KEY, action, SigningTerms(7), Network.TESTNET)))
    assert sorted(read) == ["action", "expiresAfter", "nonce", "signature", "vaultAddress"]
    assert read["vaultAddress"] is None
    assert read["action"]["orders"][0]["p"] == "97000"
    assert decode_action(json.dumps(read["action"])) == action


def test_an_agent_without_a_name_is_signed_with_an_empty_one():
    agent = {"type": "approveAgent", "agentAddress": VAULT}
    bare = user_signed(KEY, agent, 9, Network.TESTNET)
    named = user_signed(KEY, {**agent, "agentName": ""}, 9, Network.TESTNET)
    assert bare.signature == named.signature
    assert bare.action["nonce"] == bare.nonce == 9


@pytest.mark.parametrize(
    "action",
    [
        {"type": "order"},
        {},
        {"type": "usdSend", "time": "1"},
        {"type": "approveAgent", "agentAddress": "0x12", "nonce": 1},
        {"type": "usdClassTransfer", "toPerp": "yes", "nonce": 1},
        {"type": "usdClassTransfer", "toPerp": True, "nonce": -1},
        {"type": "usdClassTransfer", "toPerp": True, "nonce": 1, "signatureChainId": "zz"},
    ],
)
def test_what_cannot_be_signed_by_an_account_is_refused(action):
    with pytest.raises(InvalidDataError):
        user_digest(action)


def test_a_signature_that_no_key_can_have_made_has_no_signer():
    digest = b"\1" * 32
    assert signer_of(digest, KEY.sign(digest)) == KEY.address
    for r, s, v in [
        ("0x0", "0x0", 27),
        ("0x1", "zz", 27),
        ("0x1", "0x1", 99),
        ("0x" + "f" * 65,) * 2 + (27,),
    ]:
        assert signer_of(digest, Signature(r, s, v)) is None


# Keys are never shown.


def test_a_key_shows_its_address_alone():
    shown = [repr(KEY), str(KEY), f"{KEY}", repr([KEY]), repr({"key": KEY})]
    shown.append(repr(signed(KEY, CancelByCloid(()), SigningTerms(1), Network.TESTNET)))
    assert all(SECRET not in text and str(int(SECRET, 16)) not in text for text in shown)
    assert repr(KEY) == "SigningKey(0x14791697260e4c9a71f18484c9f997b308e59325)"
    assert not hasattr(KEY, "__dict__")


def test_a_key_cannot_be_pickled():
    with pytest.raises(TypeError):
        pickle.dumps(KEY)


@pytest.mark.parametrize(
    "text",
    [SECRET + "4", SECRET[1:], "", "0x", "z" * 64, "f" * 64, "0" * 64, " 0x" + SECRET + "00"],
)
def test_a_bad_key_is_refused_without_being_shown(text):
    with pytest.raises(InvalidFieldError) as refused:
        SigningKey.from_text(text)
    error = refused.value
    seen = f"{error} {error!r} {error.args} {vars(error)} {error.__cause__} {error.__context__}"
    assert "private key" in seen
    assert not text or len(text) < 3 or text.strip() not in seen


@pytest.mark.parametrize("text", [SECRET, "0x" + SECRET, f" 0x{SECRET}\n", SECRET.upper()])
def test_a_key_is_taken_as_people_write_it(text):
    assert SigningKey.from_text(text).address == KEY.address
