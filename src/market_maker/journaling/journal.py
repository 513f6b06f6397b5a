"""Journals: the events and actions of an engine, so that a run can be replayed."""

import asyncio
import errno
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from msgspec import Raw, Struct

from market_maker.engine.engine import Engine
from market_maker.journaling.checkpoint import frozen
from market_maker.journaling.journal_files import (
    Beginning,
    PackedTurns,
    SegmentWriter,
    drop_oldest,
    packed_turn,
    packed_turns,
)
from market_maker.model.actions import Turn
from market_maker.model.errors import InvalidDataError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.telemetry.logging import Logger

KEPT_TURNS = 10_000

WRITE_INTERVAL_S = 1.0
"""A kill loses at most the turns of so long. They are handed to the operating system then, and
forced to the disk whenever a segment ends: a power cut may lose the running one's last turns."""

SEGMENT_BYTES_MAX = 8 * 1024 * 1024
SEGMENT_AGE_MAX = Nanos(3_600 * NANOS_PER_SECOND)
"""What a replay has to go through at most to get to a moment."""

JOURNAL_BYTES_MAX = 4 * 1024**3
"""All segments together; beyond it the oldest go."""

WAITING_MAX = 50_000
"""Turns of one engine that may wait to be written. Beyond it they are given up, and counted."""

LOOSE_MAX = 128
"""Turns of one engine that wait one by one. Those of a second are fewer; a disk that stands still
for minutes would otherwise cost a hundred engines gigabytes, which Python does not give back."""

PROBE_NAME = ".probe"
PROBE_BYTES = 1024 * 1024
"""What the disk must take before journals begin anew after a failure."""


WaitingItem: TypeAlias = Beginning | Raw | PackedTurns
"""Raw: one turn."""


class MemoryJournal:
    """The last `capacity` turns."""

    def __init__(self, capacity: int = KEPT_TURNS) -> None:
        self._turns: deque[Turn] = deque(maxlen=capacity)
        self.appended = 0

    def begin(self, engine: Engine) -> None:  # noqa: ARG002  it remembers turns only
        self._turns.clear()

    def append(self, turn: Turn) -> None:
        self._turns.append(turn)
        self.appended += 1

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Those kept, oldest first."""
        return tuple(self._turns)


class DiskJournal:
    """The journal of one symbol, on its way to the disk. lost: turns that were given up."""

    def __init__(self, symbol: str, build: str) -> None:
        self._symbol, self._build = symbol, build
        self._engine: Engine | None = None
        self._checkpoint: bytes | None = None
        self._waiting: list[WaitingItem] = []
        self._packed = self._loose = 0
        self._taking = Lock()
        self._began = Nanos(0)
        self._writer: SegmentWriter | None = None
        self._gap = False
        self.segment_is_full = False
        self.lost = 0

    def begin(self, engine: Engine) -> None:
        """A new segment, from this engine on."""
        self._engine = engine
        self._checkpoint = frozen(engine)

    def append(self, turn: Turn) -> None:
        assert self._engine is not None, "begin() comes first"
        if self._gap or self._packed + self._loose >= WAITING_MAX:
            self._skip()
            return
        if self._loose >= LOOSE_MAX:
            self._pack()
        if self._checkpoint is not None:
            beginning = Beginning(self._symbol, turn.now, self._build, self._checkpoint)
            self._waiting.append(beginning)
            self._began, self._checkpoint, self.segment_is_full = turn.now, None, False
        self._waiting.append(packed_turn(turn))
        self._loose += 1
        if self.segment_is_full or turn.now - self._began >= SEGMENT_AGE_MAX:
            self._checkpoint = frozen(self._engine)

    def _skip(self) -> None:
        """Drop one turn; what comes after it can be replayed only from a new beginning."""
        self.lost += 1
        self._gap = self._packed + self._loose >= WAITING_MAX
        if not self._gap and self._engine is not None:
            self._checkpoint = frozen(self._engine)

    def _pack(self) -> None:
        """Turns that have waited for long become small. Not while they are being taken."""
        with self._taking:
            loose: list[Raw] = []
            while self._waiting and isinstance(newest := self._waiting[-1], Raw):
                loose.append(newest)
                self._waiting.pop()
            if loose:
                self._waiting.append(packed_turns(loose[::-1]))
            self._packed, self._loose = self._packed + len(loose), 0

    def take(self) -> list[WaitingItem]:
        """What waits to be written."""
        with self._taking:
            taken, self._waiting = self._waiting, []
            self._packed = self._loose = 0
        return taken

    def write(self, folder: Path, taken: list[WaitingItem]) -> None:
        """Write what was taken; not on the event loop. Raises OSError: what was not written is
        counted as lost, and the journal goes on with the next beginning."""
        accounted = 0
        turns: list[Raw] = []
        try:
            for item in taken:
                if isinstance(item, Raw):
                    turns.append(item)
                    continue
                accounted += self._flush(turns)
                turns = []
                if isinstance(item, PackedTurns):
                    accounted += self._flush_packed(item)
                    continue
                self.close()
                self._writer = SegmentWriter(folder, item)
            accounted += self._flush(turns)
        except OSError:
            if self._writer is not None:
                self.lost += self._writer.turns if self._writer.is_removed else 0
                self._writer.abandon()
            self._writer = None
            self.segment_is_full = True
            self.lost += _turns_in(taken) - accounted
            raise
        if self._writer is not None and self._writer.size >= SEGMENT_BYTES_MAX:
            self.segment_is_full = True

    def give_up(self, taken: list[WaitingItem]) -> None:
        """What was taken cannot be written now."""
        self.lost += _turns_in(taken)

    def resume(self) -> None:
        """The disk takes something again: begin a segment, unless one is open."""
        self.segment_is_full = self.segment_is_full or self._writer is None

    def close(self) -> None:
        """The segment ends, and is on the disk. Raises OSError."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _flush(self, turns: list[Raw]) -> int:
        """How many turns were written, or counted as lost for want of a segment."""
        if turns and self._writer is not None:
            self._writer.append(turns)
        elif turns:
            self.lost += len(turns)
        return len(turns)

    def _flush_packed(self, turns: PackedTurns) -> int:
        if self._writer is None:
            self.lost += turns.count
        else:
            self._writer.append_packed(turns)
        return turns.count


def _turns_in(taken: list[WaitingItem]) -> int:
    packed = sum(item.count for item in taken if isinstance(item, PackedTurns))
    return packed + sum(isinstance(item, Raw) for item in taken)


class JournalHealth(Struct):
    """failures: batches that could not be written; problem: the last failure, empty after the
    next success. dropped: segments that went because of the bound."""

    failures: int = 0
    problem: str = ""
    dropped: int = 0


class Journals:
    """The journals of all symbols under one folder, written by one task.

    A disk that takes nothing costs turns and never the service: they are counted, a probe file
    finds out when there is space again, and every journal then begins a new segment. Until then
    no engine is frozen in vain."""

    def __init__(
        self,
        folder: Path,
        build: str,
        log: Logger | None = None,
        keep_bytes: int = JOURNAL_BYTES_MAX,
    ) -> None:
        self._folder, self._build, self._keep_bytes = folder, build, keep_bytes
        self._log = log
        self._open: dict[str, DiskJournal] = {}
        self._writing = Lock()
        self.health = JournalHealth()

    @property
    def lost(self) -> int:
        """Turns of all symbols that were given up."""
        return sum(journal.lost for journal in list(self._open.values()))

    def of(self, symbol: str) -> DiskJournal:
        """The one of `symbol`."""
        if symbol not in self._open:
            self._open[symbol] = DiskJournal(symbol, self._build)
        return self._open[symbol]

    async def run(self) -> None:
        """Write until cancelled; what waits then is written too."""
        try:
            while True:
                await asyncio.sleep(WRITE_INTERVAL_S)
                await asyncio.to_thread(self.write)
        finally:
            self.write()
            for journal in self._open.values():
                with self._noted():
                    journal.close()

    def write(self) -> None:
        """Write what waits; not on the event loop. Never raises for the disk's sake."""
        # The last one, at the end, may meet one that is still under way in its thread.
        with self._writing:
            writable = not self.health.problem or self._probe()
            for journal in list(self._open.values()):
                taken = journal.take()
                if taken and writable:
                    writable = self._write_one(journal, taken)
                else:
                    journal.give_up(taken)

    def _probe(self) -> bool:
        """Whether the disk takes something again."""
        with self._noted() as outcome:
            _prove_writable(self._folder / PROBE_NAME)
        if not outcome.problem:
            self.health.problem = ""
            for journal in self._open.values():
                journal.resume()
            if self._log is not None:
                self._log.info("journal writable again", turns_lost=self.lost)
        return not outcome.problem

    def _write_one(self, journal: DiskJournal, taken: list[WaitingItem]) -> bool:
        with self._noted() as outcome:
            journal.write(self._folder, taken)
            if any(isinstance(item, Beginning) for item in taken):
                self.health.dropped += drop_oldest(self._folder, self._keep_bytes)
        return not outcome.problem

    @contextmanager
    def _noted(self) -> Iterator[JournalHealth]:
        """Count what the disk refuses inside; the first refusal is logged."""
        outcome = JournalHealth()
        try:
            yield outcome
        except (OSError, InvalidDataError) as error:
            if isinstance(error, OSError):
                outcome.problem = f"{error.filename or self._folder}: {error.strerror or error}"
            else:
                outcome.problem = str(error)
            self.health.failures += 1
            if not self.health.problem and self._log is not None:
                self._log.error("journal not writable", problem=outcome.problem)
            self.health.problem = outcome.problem


def _prove_writable(path: Path) -> None:
    """Raises OSError unless as much as a small batch of turns can be written beside `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("wb", buffering=0) as file:
            if file.write(bytes(PROBE_BYTES)) != PROBE_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            os.fsync(file.fileno())
    finally:
        with suppress(OSError):
            path.unlink()
