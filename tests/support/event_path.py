"""Through which modules an event passes: from the venue to an engine's turn, and on."""

import re
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import market_maker

ROOT = str(Path(market_maker.__file__).parent) + "/"
BESIDE = re.compile("clocks|model/(?!inbox)|sandbox/|telemetry/")
"""What an event does not pass: values, the clock, observers, and the exchange in the box."""

CAUSE = "Trade"
"""A fill comes with the public trade that made it, which is no event of its own here."""

Modules = list[str]


class EventPath:
    """Modules of ours by place, each once, in the order in which they were entered: `in` from the
    beginning of a pass of the host until Engine.turn, `turn` in it, `out` until the pass ends;
    `stored`: on the way down to the row. held: the functions that stand between the host and the
    turn, outermost first."""

    def __init__(self, beginning: str, kind: str, *, row: str = "", reaching: str = "") -> None:
        """beginning: of a pass, as Class.method; kind: of event, alone in its turn but for CAUSE;
        row: the method that stores what comes of it; reaching: a module that it passes on its way
        out."""
        self.passed: dict[str, Modules] = {}
        self.held: list[str] = []
        self._beginning, self._kind, self._row, self._reaching = beginning, kind, row, reaching
        self._place, self._pass = "", dict[str, Modules]()
        self._turn: FrameType | None = None
        self._thread = 0

    @property
    def is_complete(self) -> bool:
        """Whether an event was followed to its end."""
        return "out" in self.passed and (not self._row or "stored" in self.passed)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """What happens within is followed, also in threads that begin within."""
        self._thread = threading.get_ident()
        sys.setprofile(self._seen)
        threading.setprofile(self._seen)
        try:
            yield
        finally:
            threading.setprofile(None)
            sys.setprofile(None)

    def _seen(self, frame: FrameType, event: str, _: Any) -> None:
        if event in {"call", "return"} and frame.f_code.co_filename.startswith(ROOT):
            if event == "call" and frame.f_code.co_qualname == self._row:
                self._stored(frame)
            if threading.get_ident() == self._thread:
                follow = self._called if event == "call" else self._returned
                follow(frame)

    def _stored(self, frame: FrameType) -> None:
        if self.passed and "stored" not in self.passed:
            self.passed["stored"] = _once(_module(each) for each in _callers(frame))

    def _called(self, frame: FrameType) -> None:
        name = frame.f_code.co_qualname
        if name == self._beginning and not self.passed and not self._place:
            self._place, self._pass = "in", {"in": [], "turn": [], "out": []}
        elif name == "Engine.turn" and self._place == "in":
            self._begun(frame)
        if self._place:
            self._pass[self._place].append(_module(frame))

    def _begun(self, frame: FrameType) -> None:
        kinds = {type(each).__name__ for each in frame.f_locals["events"]}
        if kinds - {CAUSE} == {self._kind}:
            self._place, self._turn = "turn", frame
            self.held = [each.f_code.co_qualname for each in _callers(frame)]

    def _returned(self, frame: FrameType) -> None:
        if self._place == "turn" and frame is self._turn:
            self._place = "out"
        elif self._place and frame.f_code.co_qualname == self._beginning:
            if self._place == "out" and (not self._reaching or self._reaching in self._pass["out"]):
                self.passed = {place: _once(names) for place, names in self._pass.items()}
            self._place = ""


def _once(names: Iterable[str]) -> Modules:
    return [name for name in dict.fromkeys(names) if not BESIDE.match(name)]


def _module(frame: FrameType) -> str:
    return frame.f_code.co_filename.removeprefix(ROOT).removesuffix(".py")


def _callers(frame: FrameType) -> list[FrameType]:
    """From the outermost function of ours to this one."""
    found: list[FrameType] = []
    at: FrameType | None = frame
    while at is not None:
        if at.f_code.co_filename.startswith(ROOT):
            found.append(at)
        at = at.f_back
    return found[::-1]
