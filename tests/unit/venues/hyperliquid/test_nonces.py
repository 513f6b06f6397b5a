"""No nonce is used twice, by whatever thread or process."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from market_maker.model.errors import MakerError
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.nonces import SharedNonces
from tests.support.full_disk import full_disk

NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)
NOON_MS = NOON // NANOS_PER_MS
ADDRESS = "0x" + "ab" * 20


@pytest.fixture
def nonces(tmp_path):
    return SharedNonces(tmp_path, ADDRESS)


def test_a_nonce_is_the_time_or_one_more_than_the_last(nonces):
    later = Nanos(NOON + 5 * NANOS_PER_MS)
    assert [nonces.next(at) for at in (NOON, NOON, NOON, later)] == [
        NOON_MS,
        NOON_MS + 1,
        NOON_MS + 2,
        NOON_MS + 5,
    ]


def test_nonces_grow_also_when_the_clock_goes_back(nonces):
    first = nonces.next(NOON)
    assert nonces.next(Nanos(NOON - NANOS_PER_SECOND)) == first + 1


def test_a_last_nonce_far_ahead_of_the_clock_is_refused(nonces):
    nonces.next(Nanos(NOON + 13 * 3_600 * NANOS_PER_SECOND))
    with pytest.raises(MakerError, match="13 h ahead of the clock"):
        nonces.next(NOON)


@pytest.mark.parametrize("room", [0, 7])
def test_a_full_disk_holds_no_signature_back_and_spoils_no_later_one(tmp_path, room):
    nonces = SharedNonces(tmp_path, ADDRESS)
    with full_disk(room):
        assert [nonces.next(NOON) for _ in range(3)] == [NOON_MS, NOON_MS + 1, NOON_MS + 2]
    assert nonces.next(NOON) == NOON_MS + 3
    assert SharedNonces(tmp_path, ADDRESS).next(NOON) == NOON_MS + 4


def test_threads_never_get_the_same_one(nonces):
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: nonces.next(NOON), range(2_000)))
    assert len(set(given)) == 2_000


def test_processes_never_get_the_same_one(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from market_maker.venues.hyperliquid.nonces import SharedNonces\n"
        f"source = SharedNonces(Path(sys.argv[1]), {ADDRESS!r})\n"
        f"print(*(source.next({NOON}) for _ in range(2_000)))\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    given = [number for one in running for number in one.communicate()[0].split()]
    assert len(given) == len(set(given)) == 6_000


def test_a_second_source_goes_on_where_the_first_ended_after_a_restart(tmp_path):
    first = SharedNonces(tmp_path, ADDRESS)
    last = first.next(NOON)
    first.close()
    assert SharedNonces(tmp_path, ADDRESS).next(NOON) == last + 1


def test_the_file_is_for_its_owner_alone_and_holds_no_secret(tmp_path):
    SharedNonces(tmp_path / "state", ADDRESS).next(NOON)
    (file,) = (tmp_path / "state").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == f"{NOON_MS:020d}"


def test_a_file_that_is_no_nonce_is_named(tmp_path):
    (tmp_path / f"nonce-{ADDRESS}").write_text("soon")
    with pytest.raises(MakerError, match="not a nonce"):
        SharedNonces(tmp_path, ADDRESS).next(NOON)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MakerError, match="nonces of"):
        SharedNonces(tmp_path / "file", ADDRESS)
