"""Who may act: signers, agents, vaults, nonces, expiry, quota."""

import random
from decimal import Decimal

import msgspec
import pytest

from market_maker.emulators.hyperliquid.envelopes import read
from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from market_maker.emulators.hyperliquid.venue import VenueSettings
from market_maker.venues.hyperliquid.keys import SigningKey, signer_of
from market_maker.venues.hyperliquid.signing import Network, body, signed
from tests.shared_data import need_shared_vectors
from tests.unit.emulators.hyperliquid.box import KEY, STRANGER, Box
from tests.unit.emulators.hyperliquid.test_envelopes import shuffled

NOOP = {"type": "noop"}
DONE = {"status": "ok", "response": {"type": "default"}}
OTHER = SigningKey.from_text("0x" + "22" * 32)


@pytest.fixture
def box():
    return Box(coins=("BTC",))


def unknown(key):
    return {"status": "err", "response": f"User or API Wallet {key.address} does not exist."}


def test_every_vector_is_recovered_from_shuffled_keys_and_short_signatures(box):
    rng = random.Random(3)
    folder = need_shared_vectors("hyperliquid")
    whole = msgspec.json.decode((folder / "signing_vectors_open.json").read_bytes())
    for vector in whole["vectors"]:
        given = vector["testnet"]
        signature = given.get("signature", given)
        short = {name: hex(int(signature[name], 16)) for name in ("r", "s")}
        raw = {
            "action": vector.get("action") or given["action"],
            "nonce": vector["nonce"],
            "signature": {**short, "v": signature["v"]},
            "vaultAddress": vector["vaultAddress"],
            "expiresAfter": vector["expiresAfter"],
        }
        found = box.venue.door._candidates(read(msgspec.json.encode(shuffled(raw, rng))))
        assert found == [vector["signer"]], vector["name"]


def test_a_stranger_is_named_by_the_address_of_its_signature(box):
    assert box.send(NOOP, key=STRANGER) == unknown(STRANGER)


def test_a_signature_for_the_main_network_is_a_strangers_unless_it_is_allowed(box):
    assert "does not exist" in box.send(NOOP, network=Network.MAINNET)["response"]
    allowing = Box(VenueSettings(mainnet=True), coins=("BTC",))
    assert allowing.send(NOOP, network=Network.MAINNET) == DONE
    assert allowing.send(NOOP) == DONE


def test_an_account_that_was_named_and_has_no_money_must_deposit(box):
    box.venue.world.accounts.open(STRANGER.address)
    expected = f"Must deposit before performing actions. User: {STRANGER.address}"
    assert box.send(NOOP, key=STRANGER)["response"] == expected


def test_a_body_is_good_once(box):
    raw = body(signed(KEY, NOOP, box.terms(), Network.TESTNET))
    assert box.post(raw) == DONE
    assert box.post(raw)["response"] == f"Invalid nonce: duplicate nonce {box.nonce}"


def test_a_changed_body_is_a_strangers(box):
    raw = body(signed(KEY, {"type": "scheduleCancel"}, box.terms(), Network.TESTNET))
    changed = raw.replace(str(box.nonce).encode(), str(box.nonce + 1).encode())
    assert "does not exist" in box.post(changed)["response"]


def test_a_signature_of_no_key_is_refused(box):
    raw = msgspec.json.decode(body(signed(KEY, NOOP, box.terms(), Network.TESTNET)))
    for r in ("0x0", "0x" + "f" * 64, "nonsense", ""):
        raw["signature"]["r"] = r
        assert box.post(msgspec.json.encode(raw))["status"] == "err"
    assert signer_of(b"\0" * 32, signed(KEY, NOOP, box.terms(), Network.TESTNET).signature)


def test_an_agent_acts_for_its_account_and_not_as_itself(box):
    approve = {
        "type": "approveAgent",
        "agentAddress": OTHER.address,
        "agentName": "bot",
    }
    assert box.send_user(approve) == DONE
    assert box.send(NOOP, key=OTHER) == DONE
    assert box.info("userRole", user=OTHER.address) == {
        "role": "agent",
        "data": {"user": TEST_ADDRESS},
    }
    # An agent may trade, and may not move money.
    answer = box.send_user({"type": "usdSend", "destination": OTHER.address, "amount": "1"}, OTHER)
    assert answer == unknown(OTHER)


def test_a_vault_is_acted_for_by_its_leader_only(box):
    vault = "0x" + "77" * 20
    assert box.send(NOOP, vault=vault)["response"] == f"Vault not registered: {vault}"
    box.venue.open_vault(vault, TEST_ADDRESS, Decimal(5_000))
    assert box.send(NOOP, vault=vault) == DONE
    assert box.venue.world.accounts.find(vault).requests == 1


def test_an_action_that_comes_too_late_is_refused_and_costs_five(box):
    late = box.now // 1_000_000 - 1
    assert box.send(NOOP, expires=late)["response"] == "Action already expired"
    assert box.info("userRateLimit", user=TEST_ADDRESS)["nRequestsUsed"] == 5
    assert box.send(NOOP, expires=late + 1_000) == DONE


def test_a_spent_quota_is_reported_as_the_venue_reports_it():
    box = Box(VenueSettings(limits=VenueLimits(free_actions=1)), coins=("BTC",))
    assert box.send(NOOP) == DONE
    assert box.send(NOOP) == DONE  # the one of ten seconds
    assert box.send(NOOP)["response"] == (
        "Too many cumulative requests sent (3 > 1) for cumulative volume traded $0.00. "
        "Place taker orders to free up 1 request per USDC traded."
    )
    assert box.send({"type": "cancel", "cancels": [{"a": 0, "o": 1}]})["status"] == "err"
    assert box.info("userRateLimit", user=TEST_ADDRESS)["nRequestsCap"] == 1
