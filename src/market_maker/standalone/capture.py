"""Recording a live market: frames as they arrive, in pieces that become recordings.

A piece is a text file of lines `<ns> <frame>`, written as frames come in. When it is full it is
imported, as any capture is, and removed. What a crash leaves is imported at the next start. A full
disk costs the frames that it refuses, never half of one: the book comes whole again and again.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

import aiohttp
import msgspec

from market_maker.model.errors import InvalidDataError, VenueUnavailableError
from market_maker.model.shown_url import shown_url
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.standalone.log_output import MakerLogger
from market_maker.standalone.stopping import MakerStop
from market_maker.venues.hyperliquid.addresses import socket_url
from market_maker.venues.hyperliquid.frames import ChannelSubscription

PIECE, RECORDING = ".frames", ".recording"
META_NAME = "meta.json"
PING_S = 30.0
SILENT_MAX_S = 20.0
"""The fast book comes every half second: a stream so silent is made anew."""

CALM = Nanos(30 * NANOS_PER_SECOND)
"""How long a disk must have taken every frame to be called well again."""

AGAIN_MIN_S, AGAIN_MAX_S = 0.5, 30.0
FRAME_BYTES_MAX = 4 << 20


def subscriptions(coin: str) -> tuple[ChannelSubscription, ...]:
    """What is recorded of a market."""
    return (
        ChannelSubscription("l2Book", coin=coin, fast=True),
        ChannelSubscription("bbo", coin=coin),
        ChannelSubscription("trades", coin=coin),
    )


def piece_name(prefix: str, now: Nanos) -> str:
    """PREFIX_YYYY-MM-DD_HH-MM-SS, in UTC."""
    stamp = datetime.fromtimestamp(now // NANOS_PER_SECOND, UTC).strftime("%Y-%m-%d_%H-%M-%S")
    return f"{prefix}_{stamp}"


class Pieces:
    """The pieces of one market in a folder. prefix: of their names. span: of each, nanoseconds.
    frames: kept so far. lost: frames that the disk refused; problem: why, empty while it takes
    them."""

    def __init__(self, folder: Path, prefix: str, span: Nanos) -> None:
        self._folder, self._prefix, self._span = folder, prefix, span
        self._file: BinaryIO | None = None
        self._began, self._whole = Nanos(0), 0
        self._path = folder
        self.frames = self.lost = 0
        self.problem = ""

    def write(self, now: Nanos, frame: str) -> Path | None:
        """Keep a frame, or count it as lost; the piece that it was the end of, if it was."""
        full = None
        if self._file is not None and now - self._began >= self._span:
            full = self.close()
        try:
            self._append(now, f"{now} {frame}\n".encode())
        except OSError as error:
            self.lost += 1
            self.problem = f"{self._path}: cannot be written: {error.strerror}"
        else:
            self.frames += 1
            self.problem = ""
        return full

    def _append(self, now: Nanos, line: bytes) -> None:
        """The whole line or nothing of it. Raises OSError."""
        if self._file is None:
            self._began, self._path = now, self._folder / (piece_name(self._prefix, now) + PIECE)
            self._file = self._path.open("ab", buffering=0)
            self._whole = self._file.tell()
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(self._whole)
            raise
        self._whole += len(line)

    def close(self) -> Path | None:
        """The piece that is not full, for the end."""
        if self._file is None:
            return None
        self._file.close()
        self._file = None
        return self._path

    def left(self) -> list[Path]:
        """Pieces that an earlier run did not import, the oldest first."""
        return sorted(self._folder.glob(f"{self._prefix}_*{PIECE}"))


class Losses:
    """Logs that frames are lost, and that all are kept again. A disk that is nearly full refuses
    one frame and takes the next: neither is said again before it has lasted."""

    def __init__(self, log: MakerLogger) -> None:
        self._log = log
        self._lost, self._lost_at = 0, Nanos(0)
        self._losing = False

    def note(self, now: Nanos, pieces: Pieces) -> None:
        """After each frame."""
        if pieces.lost > self._lost:
            self._lost, self._lost_at = pieces.lost, now
            if not self._losing:
                self._losing = True
                self._log.warning("Frames lost: piece cannot be written", problem=pieces.problem)
        elif self._losing and now - self._lost_at >= CALM:
            self._losing = False
            self._log.info("Frames written again", lost=pieces.lost)


class MarketRecorder:
    """Records one market until it is stopped. url: of the REST server. keep: pieces stay beside
    their recordings. problem: why a piece did not become a recording, empty while all did."""

    def __init__(
        self, url: str, coin: str, pieces: Pieces, clock: Clock, log: MakerLogger, *, keep: bool
    ) -> None:
        self._url, self._coin, self._pieces = url, coin, pieces
        self._clock, self._log, self._keep = clock, log, keep
        self._losses = Losses(log)
        self.problem = ""

    async def run(self, http: aiohttp.ClientSession, stop: MakerStop, meta: Path) -> list[Path]:
        """The recordings that were made. Raises VenueUnavailableError where there was never a
        connection before the stop, InvalidDataError where the disk took no frame."""
        made = await self._imported(self._pieces.left(), meta)
        full: asyncio.Queue[Path] = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen_for_ever(http, full))
            importing = tasks.create_task(self._import_for_ever(full, meta, made))
            await stop.wait()
            for task in (listening, importing):
                task.cancel()
        rest = [full.get_nowait() for _ in range(full.qsize())]
        last = self._pieces.close()
        made += await self._imported([*rest, *([last] if last else [])], meta)
        if self._pieces.problem:
            self.problem = f"{self._pieces.problem}; {self._pieces.lost} frames are lost"
        if not self._pieces.frames and not self._pieces.lost:
            raise VenueUnavailableError(f"no frame of {self._coin} from {shown_url(self._url)}")
        return made

    async def _listen_for_ever(
        self, http: aiohttp.ClientSession, full: asyncio.Queue[Path]
    ) -> None:
        wait, tries = AGAIN_MIN_S, 0
        while True:
            before = self._pieces.frames
            try:
                await self._listen(http, full)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                tries = 0 if self._pieces.frames > before else tries
                if not tries:
                    # Further tries that bring nothing are no news.
                    problem = str(error) or type(error).__name__
                    self._log.warning("Stream lost: connection is made anew", problem=problem)
            tries += 1
            wait = AGAIN_MIN_S if self._pieces.frames > before else min(2 * wait, AGAIN_MAX_S)
            await asyncio.sleep(wait)

    async def _listen(self, http: aiohttp.ClientSession, full: asyncio.Queue[Path]) -> None:
        url = socket_url(self._url)
        async with asyncio.timeout(SILENT_MAX_S):
            opened = await http.ws_connect(url, max_msg_size=FRAME_BYTES_MAX)
        async with opened as socket:
            for wanted in subscriptions(self._coin):
                request = {"method": "subscribe", "subscription": wanted}
                await socket.send_str(msgspec.json.encode(request).decode())
            self._log.info("Recording", coin=self._coin, url=url)
            pinged = self._clock.now()
            while True:
                async with asyncio.timeout(SILENT_MAX_S):
                    message = await socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise TimeoutError(f"closed by the venue ({message.type.name})")
                now = self._clock.now()
                piece = self._kept(now, str(message.data).replace("\n", " "))
                if piece is not None:
                    full.put_nowait(piece)
                if now - pinged >= PING_S * NANOS_PER_SECOND:
                    pinged = now
                    await socket.send_str('{"method":"ping"}')

    def _kept(self, now: Nanos, frame: str) -> Path | None:
        """The piece that it was the end of; the disk's refusals are said once."""
        piece = self._pieces.write(now, frame)
        self._losses.note(now, self._pieces)
        return piece

    async def _import_for_ever(
        self, full: asyncio.Queue[Path], meta: Path, made: list[Path]
    ) -> None:
        while True:
            made += await self._imported([await full.get()], meta)

    async def _imported(self, pieces: Sequence[Path], meta: Path) -> list[Path]:
        found = []
        for piece in pieces:
            try:
                rows, path = await asyncio.to_thread(imported, piece, self._coin, meta)
            except InvalidDataError as error:
                self.problem = f"{piece} is kept, it is no recording: {error}"
                self._log.warning("Piece kept: it cannot be imported", problem=str(error))
                continue
            self._log.info("Recording written", path=str(path), rows=rows)
            found.append(path)
            if not self._keep:
                piece.unlink()
        return found


def imported(piece: Path, coin: str, meta: Path) -> tuple[int, Path]:
    """Rows, and the recording beside the piece. Raises InvalidDataError for a piece without a
    book."""
    # Both need numpy, which the maker does without.
    importing = import_module("market_maker.research.importing")
    storage = import_module("market_maker.storage.recording")
    formats = import_module("market_maker.venues.recorded.formats")
    options = importing.ImportOptions(symbol=coin, instrument_file=meta)
    recording, report = importing.import_capture(
        formats.CaptureFormat.HYPERLIQUID, [piece], options, lambda _done, _total: None
    )
    path = piece.with_suffix(RECORDING)
    storage.write_recording(path, recording)
    return report.rows, path


def sizes(paths: Sequence[Path]) -> Iterator[str]:
    """Each recording with its size, for people."""
    for path in paths:
        yield f"{path}: {path.stat().st_size:,} bytes"
