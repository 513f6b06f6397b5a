"""Paying by REST: done, refused, and not answered."""

import asyncio

import pytest
from msgspec.structs import replace

from market_maker.model.errors import WalletUnavailableError
from market_maker.model.money import TransferStatus
from tests.unit.api.conftest import Api, running
from tests.unit.api.issuing import bearer
from tests.unit.api.people import ACME, COMMANDS, approved, ledger_kinds, move, one
from tests.unit.api.trading import traded_month

pytestmark = pytest.mark.anyio


class Wallet:
    """Answers as it is set: done, refused, or not at all."""

    def __init__(self):
        self.word, self.asked = "done", []

    async def transfer(self, wanted):
        self.asked.append(wanted.transfer_id)
        if self.word == "silent":
            raise WalletUnavailableError("no answer")
        done = {"status": TransferStatus.DONE, "wallet_txn_id": f"w-{len(self.asked)}"}
        no = {"status": TransferStatus.REFUSED, "problem": "account closed"}
        return replace(wanted, **(done if self.word == "done" else no))

    async def find(self, transfer_id):
        raise WalletUnavailableError(transfer_id)


@pytest.fixture
async def paying(store, clock, tmp_path):
    """An API with a wallet, and an approved settlement."""
    await traded_month(store)
    wallet = Wallet()
    async with running(Api(store, clock, bearer(tmp_path), wallet=wallet)) as api:
        await approved(api)
        yield api, wallet


@pytest.mark.thorough
async def test_the_wallet_pays_and_the_record_is_settled(paying):
    api, wallet = paying
    paid = await move(api, "finance", "pay")
    assert paid.status_code == 200, paid.text
    assert (paid.json()["status"], paid.json()["wallet_txn_id"]) == ("SETTLED", "w-1")
    (transfer,) = paid.json()["transfers"]
    assert (
        transfer
        | {
            "transfer_id": f"{ACME}-1",
            "payer": "account-acme",
            "payee": "platform",
            "amount_usdt": "20.01",
            "status": "DONE",
        }
        == transfer
    )
    assert (await move(api, "finance", "pay")).status_code == 409
    assert wallet.asked == [f"{ACME}-1"]
    assert await ledger_kinds(api) == {"FILL", "SETTLEMENT", "TRANSFER"}


async def test_a_refusal_of_the_wallet_fails_the_settlement_and_a_retry_pays_it(paying):
    api, wallet = paying
    wallet.word = "refused"
    failed = (await move(api, "finance", "pay")).json()
    assert (failed["status"], failed["notes"]) == ("FAILED", "account closed")
    wallet.word = "done"
    await move(api, "finance", "retry")
    paid = (await move(api, "finance", "pay")).json()
    assert (paid["status"], len(paid["transfers"])) == ("SETTLED", 2)


async def test_while_the_wallet_has_not_answered_every_command_is_refused(paying):
    api, wallet = paying
    wallet.word = "silent"
    asked = (await move(api, "finance", "pay")).json()
    assert (asked["status"], asked["allowed"]) == ("APPROVED", [])
    assert asked["transfers"][0]["status"] == "UNKNOWN"
    for command in ("pay", "mark-settled", "mark-failed"):
        answer = await move(api, "finance", command, **COMMANDS[command])
        assert (answer.status_code, answer.json()["field"]) == (409, "transfer"), answer.text
    wallet.word = "done"
    assert (await one(api))["status"] == "APPROVED"


async def test_of_many_who_do_the_same_at_once_one_does_it(paying):
    api, wallet = paying
    answers = await asyncio.gather(*(move(api, f"f{n}/finance", "pay") for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert wallet.asked == [f"{ACME}-1"]
    assert (await one(api))["status"] == "SETTLED"
    async with api.store.reading() as unit:
        assert len(await unit.transfers.of_settlement(ACME)) == 1
