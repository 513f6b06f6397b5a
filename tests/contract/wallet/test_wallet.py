"""What every wallet does: once per transfer_id, and the truth about it afterwards."""

import asyncio
from decimal import Decimal

import pytest

from market_maker.model.errors import WalletUnavailableError
from market_maker.model.money import TransferStatus
from tests.contract.wallet.wallets import terms, wanted

pytestmark = pytest.mark.anyio


async def test_a_transfer_is_done_and_has_a_transaction_to_look_up(wallet):
    told = await wallet.transfer(wanted())
    assert told.status is TransferStatus.DONE
    assert told.wallet_txn_id
    assert terms(told) == terms(wanted())


async def test_asking_again_is_the_same_transfer_and_not_a_second_one(wallet):
    first = await wallet.transfer(wanted())
    assert await wallet.transfer(wanted()) == first
    assert await wallet.find(wanted().transfer_id) == first
    other = await wallet.transfer(wanted(2))
    assert other.wallet_txn_id != first.wallet_txn_id


async def test_many_who_ask_at_once_make_one_transfer(wallet):
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(wallet.transfer(wanted())) for _ in range(10)]
    assert len({task.result().wallet_txn_id for task in asked}) == 1


async def test_what_was_never_asked_for_is_not_found(wallet):
    assert await wallet.find("stl-2026-10-1-nobody-1") is None
    await wallet.transfer(wanted())
    assert await wallet.find("stl-2026-10-1-acme-2") is None


async def test_terms_that_make_no_sense_are_refused_for_good(wallet):
    senseless = wanted(payee="account-acme")
    told = await wallet.transfer(senseless)
    assert (told.status, told.wallet_txn_id) == (TransferStatus.REFUSED, "")
    assert "same account" in told.problem
    assert await wallet.find(senseless.transfer_id) == told


async def test_an_amount_of_nothing_is_refused(wallet):
    told = await wallet.transfer(wanted(amount_usdt=Decimal(0)))
    assert told.status is TransferStatus.REFUSED


async def test_other_terms_under_the_same_id_prove_nothing_and_move_nothing(wallet):
    first = await wallet.transfer(wanted())
    with pytest.raises(WalletUnavailableError):
        await wallet.transfer(wanted(amount_usdt=Decimal("2499.70")))
    assert await wallet.find(wanted().transfer_id) == first


@pytest.mark.parametrize("name", ["a/../b", "ä €", "x" * 150, "stl|%7C?a=b#c"])
async def test_any_name_finds_its_own_transfer(wallet, name):
    told = await wallet.transfer(wanted(transfer_id=name))
    assert await wallet.find(name) == told
