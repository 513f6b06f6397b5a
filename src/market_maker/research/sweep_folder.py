"""The folder of a sweep: what it is, what is done already, and one process at a time in it.

A run is one line of runs.jsonl, on the disk before the next is counted; a line that a kill cut
short is not counted. So the same command, begun again, goes on where the last one ended.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from market_maker.documents import read_document, writing
from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.research.sweep_plan import Stretch, SweepPlan

PLAN_NAME, RUNS_NAME, LOCK_NAME, COLUMNS_NAME = "plan.json", "runs.jsonl", "lock", "columns"
PLAN_BYTES_MAX = 1 << 20


class SweepRun(Struct, frozen=True, kw_only=True):
    """One replay of a sweep. net_pnl: exact text, in the PnL's currency; turnover: exact text,
    quote currency. pnl and traded: change of equity and value traded in cells of cell_seconds, in
    the PnL's currency. state: the pool's at the end. engine, engine_reason: what made the decisions
    and why not another, which changes no result."""

    configuration: int
    stretch: Stretch
    net_pnl: str
    turnover: str
    fills: int
    orders: int
    seconds: float
    uptime: float | None
    mean_spread_bps: float | None
    max_drawdown: float | None
    state: str
    state_hash: str
    cell_seconds: int
    pnl: tuple[float, ...]
    traded: tuple[float, ...]
    engine: str
    engine_reason: str


RunKey = tuple[int, Stretch]


class SweepIdentity(Struct, frozen=True, kw_only=True):
    """What must be the same for a sweep to go on, in words that people typed or could read."""

    version: str
    recordings: tuple[str, ...]
    config: str
    over: tuple[str, ...]
    method: str
    samples: int | None
    splits: int
    rungs: int
    score: str
    seed: int
    terms: str


class SweepFolder:
    """An open folder; `done` are the runs of earlier commands and of this one."""

    def __init__(self, path: Path, lock: int, done: dict[RunKey, SweepRun]) -> None:
        self.path, self.done = path, done
        self._lock = lock
        self._runs = (path / RUNS_NAME).open("ab")
        self._encoder = msgspec.json.Encoder()

    @property
    def columns(self) -> Path:
        """Where the recordings are unpacked; a worker may have another current folder."""
        return (self.path / COLUMNS_NAME).resolve()

    def add(self, run: SweepRun) -> None:
        """Count a run, once it is on the disk. Raises InvalidDataError where it cannot be."""
        with writing(self.path / RUNS_NAME):
            self._runs.write(self._encoder.encode(run) + b"\n")
            self._runs.flush()
            os.fsync(self._runs.fileno())
        self.done[run.configuration, run.stretch] = run

    def close(self, *, finished: bool) -> None:
        """Let go of it; what was unpacked goes when everything is done."""
        with contextlib.suppress(OSError):  # of a line that was not counted either
            self._runs.close()
        os.close(self._lock)
        if finished:
            shutil.rmtree(self.columns, ignore_errors=True)


def open_folder(path: Path, identity: SweepIdentity) -> SweepFolder:
    """A new or empty folder, or one of the same sweep, which goes on. Raises InvalidFieldError for
    another sweep's folder, one that is in use, holds other things or cannot be written to, and
    InvalidDataError for damage."""
    try:
        path.mkdir(exist_ok=True)
        if not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
            raise InvalidFieldError("output", str(path), "a folder that we may write to")
        lock = _locked(path)
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        allowed = f"a folder that can be made and written to ({problem})"
        raise InvalidFieldError("output", str(path), allowed) from None
    try:
        with writing(path):
            done = _resumed(path, identity)
            (path / COLUMNS_NAME).mkdir(exist_ok=True)
            return SweepFolder(path, lock, done)
    except BaseException:
        os.close(lock)
        raise


def check_folder(path: Path) -> None:
    """What can be refused before any recording is read. Raises InvalidFieldError."""
    if path.exists() and not path.is_dir():
        raise InvalidFieldError("output", str(path), "a folder, not a file")
    if not path.exists() and not path.parent.is_dir():
        raise InvalidFieldError("output", str(path), "a folder in a folder that exists")
    if path.is_dir() and not (path / PLAN_NAME).exists():
        others = [each.name for each in path.iterdir() if each.name != LOCK_NAME]
        if others:
            allowed = "a new or an empty folder, or one that a sweep has begun in"
            raise InvalidFieldError("output", str(path), allowed)


def plan_text(plan: SweepPlan) -> tuple[str, str]:
    """The configuration and the terms of a plan, as one text each."""
    configs = [msgspec.to_builtins(each.config) for each in plan.recordings]
    return (
        msgspec.json.encode(configs, order="sorted").decode(),
        msgspec.json.encode(plan.terms, order="sorted").decode(),
    )


def _locked(path: Path) -> int:
    handle = os.open(path / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        allowed = "a folder in which no other sweep is running"
        raise InvalidFieldError("output", str(path), allowed) from None
    return handle


def _resumed(path: Path, identity: SweepIdentity) -> dict[RunKey, SweepRun]:
    written = path / PLAN_NAME
    if not written.exists():
        check_folder(path)
        _write(written, msgspec.json.format(msgspec.json.encode(identity), indent=2))
        (path / RUNS_NAME).write_bytes(b"")
        return {}
    try:
        before = msgspec.json.decode(read_document(written, PLAN_BYTES_MAX), type=SweepIdentity)
    except msgspec.DecodeError:
        raise InvalidDataError(str(written), "is not the plan of a sweep") from None
    _check_same(path, before, identity)
    return {(run.configuration, run.stretch): run for run in _runs(path / RUNS_NAME)}


def _check_same(path: Path, before: SweepIdentity, now: SweepIdentity) -> None:
    for field in SweepIdentity.__struct_fields__:
        was, asked = getattr(before, field), getattr(now, field)
        if was != asked:
            words = _shown(was)
            allowed = f"{words}, with which the sweep in {path} began; or another --output"
            raise InvalidFieldError(field, _shown(asked), allowed)


def _shown(value: object) -> str:
    text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"


_SHOWN_MAX = 200


def _runs(path: Path) -> Iterator[SweepRun]:
    """The whole lines; what follows the last of them is cut off."""
    decoder = msgspec.json.Decoder(SweepRun)
    good = 0
    with path.open("ab"):
        pass  # a kill may have come before it was made
    with path.open("r+b") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                break
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError:
                problem = f"line {number} is damaged; remove it to have that run made again"
                raise InvalidDataError(str(path), problem) from None
            good += len(line)
        file.truncate(good)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    made = path.with_name(f".{path.name}.new")
    try:
        with made.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    finally:
        with contextlib.suppress(OSError):
            made.unlink(missing_ok=True)
