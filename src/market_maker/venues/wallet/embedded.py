"""The embedded wallet: a book of transfers in a file of our own, for a service without WALLET_URL.

It moves no money. It is what finance pays by: every transfer that was asked for, once, on a line
of its own that is on the disk before it counts.
"""

import asyncio
import fcntl
import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from market_maker.model.errors import WalletUnavailableError
from market_maker.model.money import Transfer
from market_maker.ports import Clock
from market_maker.venues.wallet.wire import (
    TransferInfo,
    TransferOrder,
    WireTransferStatus,
    order_of,
    transfer_of,
)

FILE_NAME = "wallet.jsonl"
MODE = 0o600
BOOK_BYTES_MAX = 256 << 20
"""Of the book: a million transfers or so. A larger file is no book, and not read."""


class EmbeddedWallet:
    """ports.Wallet in a file, which several processes may share."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock

    async def transfer(self, wanted: Transfer) -> Transfer:
        info = await asyncio.to_thread(self._taken, order_of(wanted))
        if info.order != order_of(wanted):
            raise WalletUnavailableError("the wallet has another transfer under this id")
        return self._told(info)

    async def find(self, transfer_id: str) -> Transfer | None:
        info = (await asyncio.to_thread(self._read)).get(transfer_id)
        return None if info is None else self._told(info)

    def _told(self, info: TransferInfo) -> Transfer:
        told = transfer_of(info, self._clock.now())
        if told is None:
            raise WalletUnavailableError(f"{self._path}: {info.order.transfer_id} is not decided")
        return told

    def _read(self) -> dict[str, TransferInfo]:
        try:
            with self._path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                return _book(file)
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            raise WalletUnavailableError(f"{self._path}: {error}") from error

    def _taken(self, order: TransferOrder) -> TransferInfo:
        """The transfer of this id, written down now if there is none."""
        try:
            with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, MODE), "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                book = _book(file)
                if order.transfer_id not in book:
                    book[order.transfer_id] = judged(order, f"embedded-{len(book) + 1}")
                    file.write(msgspec.json.encode(book[order.transfer_id]) + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                return book[order.transfer_id]
        except (OSError, msgspec.MsgspecError) as error:
            raise WalletUnavailableError(f"{self._path}: {error}") from error


def judged(order: TransferOrder, txn_id: str) -> TransferInfo:
    """What a wallet says that asks for no funds: only terms that make no sense are refused."""
    problem = ""
    if order.payer == order.payee:
        problem = "payer and payee are the same account"
    elif not (order.amount_usdt.is_finite() and order.amount_usdt > 0):
        problem = "the amount is not above 0"
    if problem:
        return TransferInfo(order=order, status=WireTransferStatus.REFUSED, problem=problem)
    return TransferInfo(order=order, status=WireTransferStatus.DONE, wallet_txn_id=txn_id)


def _book(file: BinaryIO) -> dict[str, TransferInfo]:
    """Every whole line, by transfer_id; what follows the last one was cut off by a crash before it
    counted, and the next line is written over it. Raises OSError for more than a book has."""
    content = file.read(BOOK_BYTES_MAX + 1)
    if len(content) > BOOK_BYTES_MAX:
        raise OSError(f"is larger than {BOOK_BYTES_MAX:,} bytes: no book of transfers")
    lines = content.split(b"\n")
    file.seek(sum(len(line) + 1 for line in lines[:-1]))
    infos = [msgspec.json.decode(line, type=TransferInfo) for line in lines[:-1]]
    return {info.order.transfer_id: info for info in infos}
