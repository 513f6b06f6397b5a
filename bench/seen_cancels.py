"""The emulated exchange of the service under load, with eyes for cancels: when the first request to
cancel each order came in, and how many came in all. Written to the file in BENCH_CANCELS, as JSON,
on SIGUSR2; what was seen before is forgotten on SIGUSR1. Its own pauses for Python's collector are
there, too: in them it reads nothing, of thousands of requests at once for long, and that says
nothing of the service."""

import asyncio
import gc
import json
import os
import signal
from pathlib import Path
from typing import Any

from aiohttp import web
from typing_extensions import override

from market_maker.clocks import WallClock
from market_maker.emulators.server import ExchangeServer

CLOCK = WallClock()
PLACE = "BENCH_CANCELS"


class SeenServer(ExchangeServer):
    """ExchangeServer."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._first: dict[str, int] = {}
        self._all, self._pauses = 0, list[tuple[int, int]]()
        self._paused_at = 0
        gc.callbacks.append(self._collected)
        self.app.on_startup.append(self._watch)

    async def _watch(self, _app: web.Application) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self._begin)
        loop.add_signal_handler(signal.SIGUSR2, self._tell)

    def _begin(self) -> None:
        self._first, self._all, self._pauses = {}, 0, []

    def _collected(self, phase: str, _details: dict[str, int]) -> None:
        if phase == "start":
            self._paused_at = CLOCK.now()
        else:
            self._pauses.append((self._paused_at, CLOCK.now()))

    def _tell(self) -> None:
        seen = {"first": list(self._first.values()), "all": self._all, "pauses": self._pauses}
        Path(os.environ[PLACE]).write_text(json.dumps(seen))

    @override
    async def _delete(self, request: web.Request) -> web.Response:
        self._first.setdefault(request.match_info["name"], CLOCK.now())
        self._all += 1
        return await super()._delete(request)
