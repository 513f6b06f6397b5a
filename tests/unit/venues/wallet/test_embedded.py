"""The wallet in a file: what is on the disk counts, and nothing else."""

import asyncio

import pytest

from market_maker.clocks import SimClock
from market_maker.model.errors import WalletUnavailableError
from market_maker.model.money import TransferStatus
from market_maker.venues.wallet.embedded import BOOK_BYTES_MAX, EmbeddedWallet
from tests.contract.wallet.wallets import NOW, wanted


def opened(path):
    return EmbeddedWallet(path, SimClock(NOW))


def test_transfers_outlive_the_process(tmp_path):
    path = tmp_path / "wallet.jsonl"
    done = asyncio.run(opened(path).transfer(wanted()))
    assert asyncio.run(opened(path).find(wanted().transfer_id)) == done
    assert asyncio.run(opened(path).transfer(wanted())) == done
    assert path.read_bytes().count(b"\n") == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_a_crash_cut_off_never_counted(tmp_path):
    path = tmp_path / "wallet.jsonl"
    asyncio.run(opened(path).transfer(wanted()))
    whole = path.read_bytes()
    asyncio.run(opened(path).transfer(wanted(2)))
    path.write_bytes(path.read_bytes()[:-5] + b" " * 500)
    assert asyncio.run(opened(path).find(wanted(2).transfer_id)) is None
    told = asyncio.run(opened(path).transfer(wanted(2)))
    assert told.status is TransferStatus.DONE
    assert path.read_bytes().startswith(whole)
    assert path.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("content", [b"not json\n", b"{}\n", b"\xff\n", b"\n"])
def test_a_damaged_book_is_no_answer(tmp_path, content):
    path = tmp_path / "wallet.jsonl"
    path.write_bytes(content)
    with pytest.raises(WalletUnavailableError, match=r"wallet\.jsonl"):
        asyncio.run(opened(path).find("x"))
    with pytest.raises(WalletUnavailableError):
        asyncio.run(opened(path).transfer(wanted()))
    assert path.read_bytes() == content


def test_a_book_that_cannot_be_written_is_no_answer(tmp_path):
    with pytest.raises(WalletUnavailableError):
        asyncio.run(opened(tmp_path / "missing" / "wallet.jsonl").transfer(wanted()))


@pytest.mark.thorough
def test_a_file_larger_than_any_book_is_not_read_and_not_written_to(tmp_path):
    path = tmp_path / "wallet.jsonl"
    with path.open("wb") as file:
        file.truncate(BOOK_BYTES_MAX + 1)
    for asked in (opened(path).find("x"), opened(path).transfer(wanted())):
        with pytest.raises(WalletUnavailableError, match="no book of transfers"):
            asyncio.run(asked)
    assert path.stat().st_size == BOOK_BYTES_MAX + 1
