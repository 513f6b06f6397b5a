"""Transfers to ask for, and a wallet service that fails as it is set."""

from contextlib import asynccontextmanager
from decimal import Decimal

from aiohttp.test_utils import TestServer

from market_maker.clocks import SimClock
from market_maker.emulators.wallet import TransferBook, WalletFaults, WalletServer
from market_maker.model.money import Transfer, TransferStatus
from market_maker.venues.wallet.http import HttpWallet

NOW = 1_790_000_000 * 10**9


def wanted(number: int = 1, **fields) -> Transfer:
    known = {
        "transfer_id": f"stl-2026-10-1-acme-{number}",
        "settlement_id": "stl-2026-10-1-acme",
        "attempt": number,
        "payer": "account-acme",
        "payee": "platform",
        "amount_usdt": Decimal("249.97"),
        "status": TransferStatus.REQUESTED,
        "wallet_txn_id": "",
        "problem": "",
        "requested_by": "fay",
        "created_at": 1,
        "updated_at": 1,
    }
    return Transfer(**known | fields)


def terms(transfer: Transfer) -> tuple[object, ...]:
    names = ("transfer_id", "settlement_id", "attempt", "payer", "payee", "amount_usdt")
    return tuple(getattr(transfer, name) for name in names)


NO_FAULTS = WalletFaults()


@asynccontextmanager
async def http_wallet(faults: WalletFaults = NO_FAULTS, seed: int = 1, **options):
    """A client, and the server behind it."""
    server = WalletServer(TransferBook(), faults, seed)
    async with TestServer(server.app) as running:
        yield HttpWallet(str(running.make_url("")), SimClock(NOW), **options), server
