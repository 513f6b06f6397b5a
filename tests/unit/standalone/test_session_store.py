"""Sessions have folders of their own, and one maker a market."""

import pytest

from market_maker.engine.position import Position
from market_maker.model.errors import InvalidDataError
from market_maker.standalone.session_store import (
    SESSIONS_KEPT,
    locked,
    maker_folder,
    new_session,
    running_makers,
    taken_over,
)


def test_a_position_that_is_taken_over_has_won_and_lost_nothing():
    for lots in (7, -7, 0):
        position = Position()
        position.restore(taken_over(lots, 100))
        assert position.net(200) == 0
        assert position.net(202) == lots * 100_000_000


def test_a_folder_is_of_one_network_account_and_market_and_its_owners_alone(tmp_path):
    folder = maker_folder(tmp_path, "testnet", "0xab", "hyna:BTC")
    assert folder == tmp_path / "makers" / "testnet" / "hyna_BTC-0xab"
    assert folder.stat().st_mode & 0o077 == 0


def test_the_second_maker_of_a_market_is_refused(tmp_path):
    with locked(tmp_path), pytest.raises(InvalidDataError, match="another maker"):
        locked(tmp_path)
    locked(tmp_path).close()


def test_the_newest_sessions_are_kept(tmp_path):
    made = [new_session(tmp_path, second * 10**9) for second in range(SESSIONS_KEPT + 3)]
    kept = sorted((tmp_path / "sessions").iterdir())
    assert kept == made[3:]


def test_makers_that_run_are_known_by_their_locks(tmp_path):
    running = maker_folder(tmp_path, "testnet", "0xab", "BTC")
    maker_folder(tmp_path, "testnet", "0xab", "ETH")
    maker_folder(tmp_path, "testnet", "0xcd", "BTC")
    with locked(running):
        assert running_makers(tmp_path, "testnet", "0xab") == ["BTC-0xab"]
        assert running_makers(tmp_path, "testnet", "0xcd") == []
    assert running_makers(tmp_path, "testnet", "0xab") == []
