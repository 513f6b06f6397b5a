"""ports.Reports: a queue of report jobs on files, one worker process at a time.

A job's record is a file that is replaced whole, so that a restart reads what is true: what was
waiting or running then is INTERRUPTED.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from market_maker.documents import read_document
from market_maker.journaling.journal_files import JOURNAL_FOLDER, segments
from market_maker.model.errors import (
    ConflictError,
    InvalidDataError,
    NotFoundError,
    StoreUnavailableError,
)
from market_maker.model.pool import PoolConfig
from market_maker.model.report_jobs import (
    OPEN,
    JobState,
    RecordingFile,
    ReportJob,
    ReportKind,
    ReportRequest,
    Trial,
)
from market_maker.model.units import Nanos
from market_maker.ports import Clock
from market_maker.serving.report_order import WorkerLine, WorkerOrder

RECORDINGS, REPORTS = "recordings", "reports"
"""Folders of the data directory."""
WAITING_MAX = 10
KEPT_MAX = 200
"""Jobs with their pages; older ones are forgotten."""
RECORDINGS_SHOWN = 1_000
WORK_S_MAX = 3_600.0
PAGE_BYTES_MAX = 64 << 20
RECORD_BYTES_MAX = 64 << 10
WORDS_BYTES = 2_000
INTERRUPTED = "the service ended before the report was made: start it again"
COMMAND = (sys.executable, "-m", "market_maker.serving.report_worker")
NO_MESSAGE = "the worker process wrote what is no message"
LOST = "the worker process ended before its work did"


class ReportDesk:
    """See the module."""

    def __init__(
        self,
        data_dir: Path,
        clock: Clock,
        within_s: float = WORK_S_MAX,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self._recordings, self._folder = data_dir / RECORDINGS, data_dir / REPORTS
        self._journals = data_dir / JOURNAL_FOLDER
        self._clock, self._within_s, self._command = clock, within_s, command
        self._started = 0
        self._configs: dict[str, tuple[PoolConfig | None, Trial | None]] = {}
        self._running: tuple[str, Process] | None = None
        self._jobs = {job.id: job for job in self._stored()}

    def recordings(self) -> tuple[RecordingFile, ...]:
        """See ports.Reports."""
        if not self._recordings.is_dir():
            return ()
        paths = sorted(self._recordings.glob("*.mmrec"))[:RECORDINGS_SHOWN]
        return tuple(_shown(path) for path in paths if self._own(path))

    def jobs(self) -> tuple[ReportJob, ...]:
        """See ports.Reports."""
        return tuple(sorted(self._jobs.values(), key=lambda job: job.id, reverse=True))

    def get(self, job_id: str) -> ReportJob:
        """See ports.Reports."""
        if job_id not in self._jobs:
            raise NotFoundError("report", job_id)
        return self._jobs[job_id]

    def start(
        self,
        request: ReportRequest,
        config: PoolConfig | None,
        by: str,
        trial: Trial | None = None,
    ) -> ReportJob:
        """See ports.Reports."""
        self._check_source(request)
        if len([job for job in self._jobs.values() if job.state in OPEN]) >= WAITING_MAX:
            raise ConflictError("report", request.kind, f"{WAITING_MAX} wait already")
        now = self._clock.now()
        self._started += 1
        job = ReportJob(
            id=f"r{now:020d}-{self._started:06d}",
            request=request,
            state=JobState.QUEUED,
            progress=0.0,
            detail="",
            by=by,
            created_at=now,
            changes="" if trial is None else trial.changes,
        )
        try:
            self._write(job)
        except OSError as error:
            raise StoreUnavailableError(f"report: its record cannot be written: {error}") from error
        self._jobs[job.id] = job
        self._configs[job.id] = (config, trial)
        self._forget_old()
        return job

    def cancel(self, job_id: str) -> ReportJob:
        """See ports.Reports."""
        job = self.get(job_id)
        if job.state not in OPEN:
            raise ConflictError("report", job_id, f"it is {job.state} already")
        ended = self._end(job, JobState.CANCELED, "")
        if self._running is not None and self._running[0] == job_id:
            _kill(self._running[1])
        return ended

    def page(self, job_id: str) -> str:
        """See ports.Reports."""
        if self.get(job_id).state is not JobState.DONE:
            raise NotFoundError("page of report", job_id)
        return read_document(self._page(job_id), PAGE_BYTES_MAX).decode()

    async def step(self) -> None:
        """Make the oldest report that waits."""
        waiting = [job for job in self._jobs.values() if job.state is JobState.QUEUED]
        if waiting:
            await self._make(min(waiting, key=lambda job: job.id))

    def close(self) -> None:
        """The service ends: so does the worker."""
        if self._running is not None:
            _kill(self._running[1])

    async def _make(self, job: ReportJob) -> None:
        started = replace(job, state=JobState.RUNNING, started_at=self._clock.now())
        self._keep(started)
        try:
            with self._log(job.id).open("wb") as errors:
                process = await asyncio.create_subprocess_exec(
                    *self._command, stdin=PIPE, stdout=PIPE, stderr=errors
                )
        except OSError as error:
            self._end(started, JobState.FAILED, f"the worker process cannot begin: {error}")
            return
        self._running = job.id, process
        try:
            async with asyncio.timeout(self._within_s):
                problem = await self._watched(started, process)
        except TimeoutError:
            problem = f"it took longer than {self._within_s:g} s and was given up"
        finally:
            self._running = None
            _kill(process)
            await process.wait()
            self._log(job.id).unlink(missing_ok=True)
        if self._jobs[job.id].state is JobState.RUNNING:
            state = JobState.FAILED if problem else JobState.DONE
            self._end(self._jobs[job.id], state, problem)

    async def _watched(self, job: ReportJob, process: Process) -> str:
        """Why there is no page; empty where there is."""
        assert process.stdin is not None
        assert process.stdout is not None
        config, trial = self._configs.pop(job.id, (None, None))
        order = WorkerOrder(
            request=job.request,
            source=str(self._source(job.request).resolve()),
            page=str(self._page(job.id).resolve()),
            config=config,
            trial=trial,
        )
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        try:
            async for text in process.stdout:
                line = msgspec.json.decode(text, type=WorkerLine)
                if line.done or line.error:
                    return line.error
                if self._jobs[job.id].state is JobState.RUNNING:
                    eta = eta_of(job, line.progress, self._clock.now())
                    self._jobs[job.id] = replace(job, progress=line.progress, eta=eta)
        except (ValueError, msgspec.MsgspecError) as error:  # ValueError: longer than any line
            return f"{NO_MESSAGE}: {error}"
        return f"{LOST}: {_last_words(self._log(job.id))}"

    def _end(self, job: ReportJob, state: JobState, detail: str) -> ReportJob:
        page = self._page(job.id)
        done = state is JobState.DONE
        if not done:
            page.unlink(missing_ok=True)
        ended = replace(
            job,
            state=state,
            detail=detail,
            progress=1.0 if done else job.progress,
            eta=None,
            ended_at=self._clock.now(),
            bytes=page.stat().st_size if done else 0,
        )
        self._keep(ended)
        return ended

    def _source(self, request: ReportRequest) -> Path:
        """The recording, or the folder of all journals."""
        if request.kind is ReportKind.PARITY:
            return self._journals
        return self._recordings / request.subject

    def _check_source(self, request: ReportRequest) -> None:
        source, subject = self._source(request), request.subject
        if request.kind is ReportKind.PARITY:
            if not segments(source, subject):
                raise NotFoundError("journal", None, f"of {subject}")
        elif not self._own(source):
            raise NotFoundError("recording", subject)

    def _own(self, path: Path) -> bool:
        """Whether it is a file of the folder itself, wherever a link leads."""
        real, home = (Path(os.path.realpath(each)) for each in (path, self._recordings))
        return real.parent == home and real.is_file()

    def _log(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.log"

    def _page(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.html"

    def _keep(self, job: ReportJob) -> None:
        """What became of a job is known here, also where a full disk refuses the record of it: a
        restart then finds the one before, and the job INTERRUPTED."""
        self._jobs[job.id] = job
        with suppress(OSError):
            self._write(job)

    def _write(self, job: ReportJob) -> None:
        """Whole or not at all. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        part = self._folder / f"{job.id}.part"
        try:
            part.write_bytes(msgspec.json.encode(job))
            part.replace(self._folder / f"{job.id}.json")
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise

    def _forget_old(self) -> None:
        ended = [job for job in self.jobs() if job.state not in OPEN]
        for job in ended[KEPT_MAX:]:
            del self._jobs[job.id]
            self._page(job.id).unlink(missing_ok=True)
            (self._folder / f"{job.id}.json").unlink(missing_ok=True)

    def _stored(self) -> list[ReportJob]:
        jobs = []
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            try:
                job = msgspec.json.decode(read_document(path, RECORD_BYTES_MAX), type=ReportJob)
            except (msgspec.MsgspecError, InvalidDataError):
                continue  # damaged: nothing is known of it, and nothing is claimed
            if job.state in OPEN:
                ended = self._clock.now()
                job = replace(job, state=JobState.INTERRUPTED, detail=INTERRUPTED, ended_at=ended)
            jobs.append(job)
        return jobs


def eta_of(job: ReportJob, progress: float, now: Nanos) -> Nanos | None:
    """When it will be made, at the pace that it had since it began."""
    if job.started_at is None or not progress:
        return None
    return Nanos(now + int((now - job.started_at) * (1 - progress) / progress))


def _shown(path: Path) -> RecordingFile:
    found = path.stat()
    return RecordingFile(name=path.name, bytes=found.st_size, modified_at=Nanos(found.st_mtime_ns))


def _last_words(log: Path) -> str:
    """Of a process that died: the end of what it wrote to standard error."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - WORDS_BYTES))
        lines = file.read(WORDS_BYTES).decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _kill(process: Process) -> None:
    if process.returncode is None:
        process.kill()
