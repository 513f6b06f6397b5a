"""Reports on request: one at a time, in a process of their own, and never more than is true."""

import asyncio
import sys
from decimal import Decimal

import msgspec
import pytest

from market_maker.clocks import SimClock
from market_maker.model.errors import ConflictError, NotFoundError, StoreUnavailableError
from market_maker.model.report_jobs import JobState, ReportKind, ReportRequest
from market_maker.model.units import Nanos
from market_maker.serving.report_desk import (
    INTERRUPTED,
    NO_MESSAGE,
    WAITING_MAX,
    ReportDesk,
    eta_of,
)
from market_maker.storage.recording import write_recording
from tests.support.full_disk import full_disk
from tests.toy_market import toy_recording

pytestmark = pytest.mark.anyio
REPLAY = ReportRequest(kind=ReportKind.REPLAY, recording="small.mmrec")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "recordings").mkdir()
    write_recording(tmp_path / "recordings" / "small.mmrec", toy_recording(seconds=12))
    return tmp_path


def desk_at(folder):
    return ReportDesk(folder, SimClock(Nanos(10**18)))


@pytest.mark.thorough
async def test_a_replay_is_made_in_a_process_of_its_own_and_its_page_is_whole(folder):
    desk = desk_at(folder)
    job = desk.start(REPLAY, None, "someone")
    assert (job.state, job.progress) == (JobState.QUEUED, 0.0)
    await desk.step()
    done = desk.get(job.id)
    assert (done.state, done.detail, done.progress) == (JobState.DONE, "", 1.0)
    page = desk.page(job.id)
    assert page.startswith("<!doctype html>")
    assert len(page.encode()) == done.bytes


def test_a_report_that_is_a_quarter_done_takes_three_times_as_long_again(folder):
    begun = Nanos(1_000)
    job = msgspec.structs.replace(desk_at(folder).start(REPLAY, None, "ann"), started_at=begun)
    assert eta_of(job, 0.25, Nanos(begun + 100)) == begun + 400
    assert eta_of(job, 0.0, Nanos(begun + 100)) is None


@pytest.mark.thorough
async def test_a_recording_that_is_damaged_fails_with_the_reason(folder):
    (folder / "recordings" / "bad.mmrec").write_bytes(b"not a recording")
    desk = desk_at(folder)
    job = desk.start(msgspec.structs.replace(REPLAY, recording="bad.mmrec"), None, "someone")
    await desk.step()
    failed = desk.get(job.id)
    assert failed.state is JobState.FAILED
    assert "bad.mmrec" in failed.detail
    with pytest.raises(NotFoundError):
        desk.page(job.id)


@pytest.mark.thorough
async def test_a_worker_that_dies_fails_with_its_last_words(folder):
    desk = desk_at(folder)
    bad = msgspec.structs.replace(REPLAY, strategies="none-of-ours", maker_fee_bps=Decimal("NaN"))
    job = desk.start(bad, None, "someone")
    await desk.step()
    failed = desk.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.detail
    assert not list((folder / "reports").glob("*.log"))


@pytest.mark.parametrize("written", ["print('x' * 200_000)", "print('a library says hello')"])
async def test_a_worker_that_writes_what_is_no_message_fails_and_the_desk_goes_on(folder, written):
    desk = ReportDesk(folder, SimClock(Nanos(10**18)), command=(sys.executable, "-c", written))
    job = desk.start(REPLAY, None, "someone")
    await desk.step()
    failed = desk.get(job.id)
    assert (failed.state, failed.detail.startswith(NO_MESSAGE)) == (JobState.FAILED, True)


@pytest.mark.thorough
async def test_a_running_report_is_canceled_with_its_process_and_the_next_one_is_made(folder):
    desk = desk_at(folder)
    first, second = (desk.start(REPLAY, None, "someone") for _ in range(2))
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(desk.step())
        while desk.get(first.id).state is JobState.QUEUED:  # noqa: ASYNC110  a child is started
            await asyncio.sleep(0)
        assert desk.cancel(first.id).state is JobState.CANCELED
    assert desk.get(first.id).state is JobState.CANCELED
    with pytest.raises(ConflictError):
        desk.cancel(first.id)
    await desk.step()
    assert desk.get(second.id).state is JobState.DONE


async def test_a_waiting_report_is_canceled_and_never_made(folder):
    desk = desk_at(folder)
    job = desk.start(REPLAY, None, "someone")
    desk.cancel(job.id)
    await desk.step()
    assert desk.get(job.id).started_at is None


@pytest.mark.thorough
async def test_after_a_restart_what_was_not_done_says_so_and_what_was_done_is_there(folder):
    desk = desk_at(folder)
    done = desk.start(REPLAY, None, "someone")
    await desk.step()
    waiting = desk.start(REPLAY, None, "someone")
    again = desk_at(folder)
    assert again.get(done.id).state is JobState.DONE
    assert again.page(done.id) == desk.page(done.id)
    assert (again.get(waiting.id).state, again.get(waiting.id).detail) == (
        JobState.INTERRUPTED,
        INTERRUPTED,
    )
    await again.step()
    assert again.get(waiting.id).state is JobState.INTERRUPTED


def test_only_files_of_the_folder_itself_are_recordings(folder):
    outside = folder / "secret.mmrec"
    outside.write_bytes(b"key")
    (folder / "recordings" / "link.mmrec").symlink_to(outside)
    (folder / "recordings" / "sub.mmrec").mkdir()
    desk = desk_at(folder)
    assert [each.name for each in desk.recordings()] == ["small.mmrec"]
    (folder / "recordings" / "loop.mmrec").symlink_to(folder / "recordings" / "loop.mmrec")
    for name in ("loop.mmrec", "link.mmrec", "sub.mmrec", "../secret.mmrec", "gone.mmrec"):
        with pytest.raises(NotFoundError):
            desk.start(msgspec.structs.replace(REPLAY, recording=name), None, "someone")


def test_only_so_many_wait(folder):
    desk = desk_at(folder)
    for _ in range(WAITING_MAX):
        desk.start(REPLAY, None, "someone")
    with pytest.raises(ConflictError, match="wait already"):
        desk.start(REPLAY, None, "someone")


def test_a_damaged_record_of_a_job_is_left_out(folder):
    desk = desk_at(folder)
    desk.start(REPLAY, None, "someone")
    (folder / "reports" / "broken.json").write_text("{")
    assert len(desk_at(folder).jobs()) == 1


async def test_a_full_disk_refuses_a_report_and_leaves_nothing_of_it(folder):
    desk = desk_at(folder)
    with full_disk(), pytest.raises(StoreUnavailableError, match="cannot be written"):
        desk.start(REPLAY, None, "someone")
    assert desk.jobs() == ()
    assert list((folder / "reports").iterdir()) == []


async def test_a_disk_that_fills_up_fails_the_report_and_the_next_one_is_made(folder):
    desk = desk_at(folder)
    job = desk.start(REPLAY, None, "someone")
    with full_disk():
        await desk.step()
    assert desk.get(job.id).state is JobState.FAILED
    assert desk.get(job.id).detail
    assert [path.name for path in (folder / "reports").iterdir()] == [f"{job.id}.json"]
    again = desk.start(REPLAY, None, "someone")
    await desk.step()
    assert desk.get(again.id).state is JobState.DONE
