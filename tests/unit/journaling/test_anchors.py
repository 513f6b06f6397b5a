"""Anchors on a disk that refuses them: said until they are kept, as soon as they can be."""

import pytest

from market_maker.clocks import SimClock
from market_maker.journaling.anchors import CHECK_INTERVAL_WITH_WORKERS, Anchorer, AnchorFile
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.units import Nanos
from tests.support.full_disk import full_disk
from tests.support.office import ANN, START, database
from tests.unit.telemetry.lines import Lines

pytestmark = pytest.mark.anyio


class Kept:
    """A log that is anchored in two files."""

    def __init__(self, store, folder) -> None:
        self.clock = clock = SimClock(START)
        self.lines = Lines()
        self._store, self._trail = store, AuditTrail(store, clock)
        self._worker = AuditTrail(store, clock)
        self.file, self.copy = AnchorFile(folder / "anchors"), AnchorFile(folder / "copy")
        self.among_workers = Anchorer(
            store,
            self.file,
            clock,
            self.lines,
            self._trail,
            check_interval=CHECK_INTERVAL_WITH_WORKERS,
        )
        self.anchorer = Anchorer(store, self.file, clock, self.lines, self._trail, copy=self.copy)

    async def record(self, *, by_worker: bool = False) -> None:
        entry = AuditEntry(caller=ANN, action="pool.pause", target="all pools")
        async with self._store.transaction() as unit:
            await (self._worker if by_worker else self._trail).append(unit, entry)

    def events(self) -> list[str]:
        return [event for _, event, _ in self.lines.written]


@pytest.fixture
async def kept(tmp_path):
    async with database() as store:
        yield Kept(store, tmp_path)


async def test_a_full_disk_is_said_until_the_anchor_is_kept(kept):
    await kept.record()
    with full_disk(), pytest.raises(OSError, match="too large"):
        await kept.anchorer.keep_up()
    assert kept.anchorer.problem.startswith("audit anchors: ")
    assert (kept.anchorer.failures, kept.anchorer.head) == (1, 0)
    await kept.anchorer.keep_up()
    assert (kept.anchorer.problem, kept.anchorer.head) == ("", 1)
    assert [anchor.seq for anchor in kept.file.read()] == [1]


async def test_a_copy_that_was_away_has_the_newest_anchor_when_it_is_back(kept, tmp_path):
    (tmp_path / "copy").mkdir()
    for _ in range(3):
        await kept.record()
        await kept.anchorer.keep_up()
    assert kept.anchorer.problem.startswith("AUDIT_ANCHOR_COPY: ")
    assert (kept.anchorer.head, kept.events().count("audit anchor copy failed")) == (3, 1)
    (tmp_path / "copy").rmdir()
    await kept.anchorer.keep_up()
    assert (kept.anchorer.problem, kept.events()[-1]) == ("", "audit anchor copy restored")
    assert [anchor.seq for anchor in kept.copy.read()] == [3]
    assert [anchor.seq for anchor in kept.file.read()] == [1, 2, 3]


async def test_what_a_worker_recorded_is_anchored_a_second_later(kept):
    """A kill of a pool that a worker runs waited for its anchor for five minutes."""
    await kept.record()
    await kept.among_workers.keep_up()
    await kept.record(by_worker=True)
    kept.clock.advance_to(Nanos(kept.clock.now() + CHECK_INTERVAL_WITH_WORKERS))
    await kept.among_workers.keep_up()
    assert [anchor.seq for anchor in kept.file.read()] == [1, 2]
