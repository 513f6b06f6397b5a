"""Anchors of the audit log: its head, noted in a file of its own as soon as it has moved.

Who can write to the database can cut the end off the log, or write all of it anew. Who can do that
and write this file too can hide it; so the head goes to the service's log as well, which is
shipped to another machine, and where one is given (AUDIT_ANCHOR_COPY) to a second file, which lies
where nothing can be taken back: on another machine, or append-only.
"""

import asyncio
import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from market_maker.journaling.audit import Anchor, AuditTrail
from market_maker.model.errors import InvalidDataError
from market_maker.model.records import AuditCriteria
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock, Store
from market_maker.telemetry.logging import Logger

FILE_NAME = "audit-anchors.jsonl"

LINE_LENGTH_MAX = 1_024
"""More than any line has."""

FILE_BYTES_MAX = 64 << 20
"""Years of anchors, at one every few minutes."""

CHECK_INTERVAL = Nanos(300 * NANOS_PER_SECOND)
"""How often the head is read without a write of this process: another one may have written."""

CHECK_INTERVAL_WITH_WORKERS = Nanos(NANOS_PER_SECOND)
"""The same where workers write the records of most commands to pools, a kill among them."""

CHECKS_MAX = 40
"""How often a record is searched that may still be committed; then it was taken back."""

EMPTY = ""
"""The hash of an empty log."""


class AnchorFile:
    """One anchor a line, oldest first; only ever appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[Anchor, ...]:
        """All of them; none if there is no file. Raises InvalidDataError with the line that is
        none. A last line without its end was cut off by a crash while it was written, before
        it was relied on."""
        try:
            with self._path.open("rb") as file:
                content = file.read(FILE_BYTES_MAX + 1)
        except FileNotFoundError:
            return ()
        if len(content) > FILE_BYTES_MAX:
            raise InvalidDataError(str(self._path), "is larger than any file of anchors")
        lines = content.split(b"\n")
        whole = enumerate(lines[:-1], 1)
        return tuple(self._anchor(number, line) for number, line in whole if line)

    def append(self, anchor: Anchor) -> None:
        """Write it down, and wait until the disk has it."""
        with self._path.open("ab+") as file:
            file.truncate(_whole_lines(file))
            file.write(msgspec.json.encode(anchor) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def append_only(self, anchor: Anchor) -> None:
        """The same where nothing may be cut off: what a crash left half written stays, as a line
        of its own that is none."""
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(anchor) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _anchor(self, number: int, line: bytes) -> Anchor:
        try:
            return msgspec.json.decode(line, type=Anchor)
        except msgspec.MsgspecError as error:
            where = f"{self._path}, line {number}"
            raise InvalidDataError(where, f"is not an anchor: {error}") from None


def _whole_lines(file: BinaryIO) -> int:
    """Bytes up to the end of the last line that has one."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - LINE_LENGTH_MAX))
    start = file.tell()
    return start + file.read().rfind(b"\n") + 1


class Anchorer:
    """Notes the head of the log whenever it has moved, and raises the alarm when it went back."""

    def __init__(
        self,
        store: Store,
        file: AnchorFile,
        clock: Clock,
        log: Logger,
        trail: AuditTrail,
        *,
        copy: AnchorFile | None = None,
        check_interval: Nanos = CHECK_INTERVAL,
    ) -> None:
        self._store, self._file, self._clock, self._log = store, file, clock, log
        self._check_interval = check_interval
        self._copy = copy
        self._trail = trail
        self._last: Anchor | None = None
        self._checked_at: Nanos | None = None
        self._seen = self._answers = 0
        self._uncopied: Anchor | None = None
        self._unkept = self._copy_unkept = ""
        self.failures = 0

    @property
    def problem(self) -> str:
        """Why anchors or their copy are not kept now, empty when they are."""
        return "; ".join(text for text in (self._unkept, self._copy_unkept) if text)

    @property
    def head(self) -> int:
        """The newest seq that is anchored; 0 before the first."""
        return 0 if self._last is None else self._last.seq

    async def keep_up(self) -> None:
        """To be called all the time: as `step`, but only where there is something to read."""
        if self._uncopied is not None:
            await self._keep_copy(self._uncopied)
        now, appended, newest = self._clock.now(), self._trail.appended, self._trail.newest
        fresh = self._checked_at is not None and now - self._checked_at < self._check_interval
        if fresh and appended == self._seen:
            return
        await self.step()
        self._checked_at = now
        self._answers += 1
        if self.head >= newest or self._answers >= CHECKS_MAX:
            self._seen, self._answers = appended, 0

    async def step(self) -> None:
        """Anchor the head if it is another than last time. Raises StoreUnavailableError, OSError
        (the disk), InvalidDataError (the file)."""
        async with self._store.glimpse() as unit:
            newest = (await unit.audit.page(AuditCriteria(), 1)).items
        seq, digest = (newest[0].seq, newest[0].hash) if newest else (0, EMPTY)
        last = self._last or await self._noted()
        if last is not None and seq < last.seq:
            self._log.error("audit log truncated", head=seq, anchored=last.seq)
        if last is not None and (last.seq, last.hash) == (seq, digest):
            self._last = last
            return
        anchor = Anchor(ts=self._clock.now(), seq=seq, hash=digest)
        await self._keep(anchor)
        self._last = anchor
        await self._keep_copy(anchor)
        self._log.info("audit log anchored", seq=seq, hash=digest)

    async def _keep(self, anchor: Anchor) -> None:
        try:
            await asyncio.to_thread(self._file.append, anchor)
        except OSError as error:
            self.failures += 1
            self._unkept = f"audit anchors: {error}"
            raise
        self._unkept = ""

    async def _keep_copy(self, anchor: Anchor) -> None:
        """A copy that is away must not keep the first one from being written; it is tried again,
        with the newest anchor. One line when it begins to fail, and one when it is back."""
        if self._copy is None:
            return
        try:
            await asyncio.to_thread(self._copy.append_only, anchor)
        except OSError as error:
            self.failures += 1
            if not self._copy_unkept:
                self._log.error("audit anchor copy failed", seq=anchor.seq, problem=str(error))
            self._uncopied, self._copy_unkept = anchor, f"AUDIT_ANCHOR_COPY: {error}"
            return
        if self._copy_unkept:
            self._log.info("audit anchor copy restored", seq=anchor.seq)
        self._uncopied, self._copy_unkept = None, ""

    async def _noted(self) -> Anchor | None:
        anchors = await asyncio.to_thread(self._file.read)
        return anchors[-1] if anchors else None
