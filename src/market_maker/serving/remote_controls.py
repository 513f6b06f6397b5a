"""PoolControls of engines that live in workers: each command goes to the one that owns the pool."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from market_maker.execution.engines import RunningPool
from market_maker.journaling.audit import AuditEntry
from market_maker.journaling.record_request import RecordRequest
from market_maker.journaling.recorder import Recorder
from market_maker.model.caller import Caller
from market_maker.model.errors import NotFoundError, ProcessLostError
from market_maker.model.units import Nanos
from market_maker.operations.emergency import (
    ALL_POOLS,
    FLATTENED,
    KILLED,
    REASONS,
    RECORDED_WITHIN_S,
    stopped_view,
)
from market_maker.operations.halt_reviews import Review
from market_maker.operations.overview import Overview
from market_maker.operations.views import (
    EmergencyView,
    Glance,
    PoolStatusView,
    ResetView,
    StateView,
)
from market_maker.ports import Clock
from market_maker.serving.worker_wire import (
    EnableAsked,
    FlattenAsked,
    KillAsked,
    PauseAsked,
    PoolCommand,
    RemoveAsked,
    ResumeAsked,
    ReviewAsked,
    StartChecked,
)

EMERGENCY_WITHIN_S = 5.0
"""A worker that does not answer a kill by then is reported as not reached."""

Stop = KillAsked | FlattenAsked


class CommandedWorker(Protocol):
    """A worker, as commands need it."""

    @property
    def name(self) -> str:
        """In words: "worker 2"."""

    async def command(self, what: PoolCommand, within_s: float | None = None) -> object:
        """Its answer. Raises what the command raises, and ProcessLostError."""

    def pools(self) -> Sequence[RunningPool]:
        """Those that it owns and that have an engine."""

    def remember(self, what: Stop) -> None:
        """A stop that did not reach it: its successor's first command."""


class CommandedWorkers(Protocol):
    """Which worker owns what."""

    def of(self, symbol: str) -> CommandedWorker:
        """Its owner; a symbol without one gets one."""

    def all(self) -> Sequence[CommandedWorker]:
        """All workers."""

    async def move(self, caller: Caller, symbol: str, worker: int) -> StateView:
        """As PoolCommands."""

    def has_engine(self, symbol: str) -> bool:
        """Whether a worker has an engine for it."""


class RemoteControls:
    """operations.PoolControls. Live states are read from what the workers publish."""

    def __init__(
        self, owners: CommandedWorkers, overview: Overview, clock: Clock, recorder: Recorder
    ) -> None:
        """recorder: of the edge, which enters a stop in the audit log once for all workers."""
        self._owners, self._overview, self._clock = owners, overview, clock
        self._recorder = recorder

    async def enable(self, caller: Caller, symbol: str) -> StateView:
        answer = await self._owners.of(symbol).command(EnableAsked(caller, symbol))
        return cast("StateView", answer)

    async def resume(self, caller: Caller, symbol: str, review: Review | None = None) -> StateView:
        answer = await self._owners.of(symbol).command(ResumeAsked(caller, symbol, review))
        return cast("StateView", answer)

    async def check_may_start(self, caller: Caller, symbol: str) -> None:
        await self._owners.of(symbol).command(StartChecked(caller, symbol))

    async def review(self, caller: Caller, symbol: str, note: str) -> Review:
        answer = await self._owners.of(symbol).command(ReviewAsked(caller, symbol, note))
        return cast("Review", answer)

    async def pause(self, caller: Caller, symbol: str, reason: str = "") -> StateView:
        answer = await self._owners.of(symbol).command(PauseAsked(caller, symbol, reason))
        return cast("StateView", answer)

    async def kill(
        self, caller: Caller, reason: str = "", symbol: str = "", *, entered: bool = False
    ) -> EmergencyView:
        return await self._stop(KillAsked(caller, symbol, reason), KILLED, entered=entered)

    async def flatten(
        self,
        caller: Caller,
        reason: str = "",
        symbol: str = "",
        *,
        unwind: bool = False,
        entered: bool = False,
    ) -> EmergencyView:
        what = FlattenAsked(caller, symbol, reason, unwind)
        return await self._stop(what, FLATTENED, entered=entered)

    async def remove(self, caller: Caller, symbol: str, *, force: bool = False) -> None:
        await self._owners.of(symbol).command(RemoveAsked(caller, symbol, force))

    async def move(self, caller: Caller, symbol: str, worker: int) -> StateView:
        return await self._owners.move(caller, symbol, worker)

    async def reset(self) -> ResetView:
        return await self._overview.reset()

    async def status(self, symbol: str) -> PoolStatusView:
        return await self._overview.status(symbol)

    async def statuses(self) -> tuple[PoolStatusView, ...]:
        return await self._overview.statuses()

    async def summary(self) -> Glance:
        return await self._overview.summary()

    async def live_summary(self, now: Nanos, by: Nanos) -> Glance:
        return await self._overview.live_summary(now, by)

    async def _stop(self, what: Stop, action: str, *, entered: bool) -> EmergencyView:
        """All workers at once; what could not be reached stands in the answer, and is carried out
        by the worker's successor."""
        at = self._clock.now()
        if what.symbol and not self._owners.has_engine(what.symbol):
            raise NotFoundError("engine of", what.symbol)
        owners = [self._owners.of(what.symbol)] if what.symbol else self._owners.all()
        asked = [self._stop_one(owner, what, action) for owner in owners]
        if not entered:
            self._enter(what, action, [owner.name for owner in owners])
        views = await asyncio.gather(*asked)
        pools = sorted((each for view in views for each in view.pools), key=_SYMBOL)
        recorded = await self._recorder.flushed(RECORDED_WITHIN_S)
        recorded &= all(view.recorded for view in views)
        return EmergencyView(action=action, at=at, pools=tuple(pools), recorded=recorded)

    def _enter(self, what: Stop, action: str, workers: list[str]) -> None:
        """One line for the command, with the workers that it goes to."""
        entry = AuditEntry(
            caller=what.caller,
            action=action,
            target=what.symbol or ALL_POOLS,
            after={"workers": workers},
            reason=what.reason or REASONS[action],
        )
        self._recorder.put(RecordRequest(None, 0, None, entry))

    async def _stop_one(self, owner: CommandedWorker, what: Stop, action: str) -> EmergencyView:
        try:
            answer = await owner.command(what, EMERGENCY_WITHIN_S)
        except ProcessLostError as error:
            owner.remember(what)
            problem = f"{owner.name} was not reached: {error}; its successor does it"
            pools = [each for each in owner.pools() if _is_meant(what, each)]
            views = tuple(stopped_view(each, each.open_orders(), problem) for each in pools)
            return EmergencyView(action=action, at=self._clock.now(), pools=views, recorded=False)
        return cast("EmergencyView", answer)


def _is_meant(what: Stop, pool: RunningPool) -> bool:
    return what.symbol in {"", pool.instrument.symbol}


_SYMBOL: Callable[..., str] = lambda view: view.symbol  # noqa: E731  a key, named once
