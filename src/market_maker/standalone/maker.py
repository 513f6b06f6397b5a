"""The life of a maker: cancel what an earlier run left, quote, and end with proof."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

from market_maker.execution.engine_host import TICK
from market_maker.execution.order_proof import ASK_INTERVAL
from market_maker.execution.pool_runner import PoolRunner
from market_maker.execution.supervisor import guarded
from market_maker.journaling.audit import AuditEntry
from market_maker.model.caller import Caller, Role
from market_maker.model.errors import MakerError, VenueRefusedError
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.serving.heartbeat import Heartbeat
from market_maker.serving.listeners import Listener
from market_maker.serving.maker_metrics import maker_metrics
from market_maker.standalone.ending import MakerEnd
from market_maker.standalone.maker_parts import MakerParts, RunMode, open_pool
from market_maker.standalone.metrics import maker_readings
from market_maker.standalone.shutdown import shut_down
from market_maker.standalone.stopping import MakerStop
from market_maker.standalone.tending import (
    SizeKeeper,
    tell_each_minute,
    tend_dead_man,
    tend_expiry,
    tend_margin,
    tend_second_maker,
    watch_symptoms,
)
from market_maker.venues.hyperliquid.fates import LEFTOVERS_FOR
from market_maker.venues.hyperliquid.own_orders import cancel_own

OPERATOR = Caller("operator", (Role.OPERATOR,), "command line")
POLL_S = 0.05
SIGHT_WARNED_S = 10.0
SERVED_S = 3.0
"""How long a reader of the metrics may take at the end."""


class Maker:
    """One maker. folder: of its heartbeat, which a watchdog reads. left_over: orders of an earlier
    run were cancelled a moment ago."""

    def __init__(
        self, parts: MakerParts, stop: MakerStop, folder: Path, *, left_over: bool = False
    ) -> None:
        self._parts, self._stop, self._left_over = parts, stop, left_over
        self._broken = ""
        self._sizes = SizeKeeper(parts)
        self._heartbeat = Heartbeat(folder, parts.host, parts.clock, parts.line)

    async def run(self, *, quiet: bool = False) -> MakerEnd:
        """Until it is asked to stop or stops by itself. quiet: another program shows how it goes.
        Raises VenueRefusedError where leftovers of an earlier run cannot be taken off the book."""
        try:
            return await self._run(self._served(self._parts.clock.now()), quiet=quiet)
        except* MakerError as errors:
            raise errors.exceptions[0] from None

    async def _run(self, metrics: list[Listener], *, quiet: bool) -> MakerEnd:
        parts, live = self._parts, self._parts.mode is RunMode.LIVE
        async with asyncio.TaskGroup() as group:
            works: list[Awaitable[None]] = [
                parts.recorder.run(),
                parts.intent_log.run(),
                parts.journals.run(),
                parts.opened.session.connection.run(),
                parts.line.market.run(),
                self._step_engine(),
                self._heartbeat.run(),
            ]
            tasks = [group.create_task(guarded(work, self._broke)) for work in works]
            await parts.line.market.running.wait()
            runner = await open_pool(parts)
            self._heartbeat.recovered()
            beside: list[Awaitable[None]] = [
                parts.reconciliation.run(),
                self._sizes.run(),
                *(self._tend_account() if live else []),
                self._judge(runner),
                watch_symptoms(parts),
                tend_expiry(parts, self._stop.end_unfit),
                *([] if quiet else [tell_each_minute(parts)]),
            ]
            tasks += [group.create_task(guarded(work, self._broke)) for work in beside]
            served = [group.create_task(each.run_until_told()) for each in metrics]
            await self._begin(runner)
            await self._stop.wait()
            end = await shut_down(parts, self._stop, broken=self._broken)
            for each in metrics:
                each.should_exit = True
            if served:
                await asyncio.wait(served, timeout=SERVED_S)
            for task in (*tasks, *served):
                task.cancel()
        with suppress(OSError):
            self._heartbeat.end(proved=end.proved)
        return end

    def _tend_account(self) -> list[Awaitable[None]]:
        parts = self._parts
        second = tend_second_maker(parts, self._stop.end_unfit)
        return [tend_margin(parts), tend_dead_man(parts), second]

    def _served(self, since: Nanos) -> list[Listener]:
        """Raises InvalidFieldError for a port that is taken."""
        settings = self._parts.settings
        port = settings.metrics_port if settings.enable_http_metrics else 0
        made = maker_metrics(port, lambda: maker_readings(self._parts, since))
        return [] if made is None else [made]

    async def _begin(self, runner: PoolRunner) -> None:
        """Enable as soon as there is a book, and proof that nothing of ours is open. After
        leftovers that takes longer: what was on its way must have died, and orders that are placed
        then are those of another maker."""
        waited, clock = 0.0, self._parts.clock
        not_before = clock.now() + (LEFTOVERS_FOR + ASK_INTERVAL if self._left_over else 0)
        while not self._stop.is_set:
            if runner.sighted and not runner.unconfirmed and clock.now() >= not_before:
                self._enable(runner)
                return
            waited += POLL_S
            if waited >= SIGHT_WARNED_S:
                waited = 0.0
                self._parts.log.warning("Not quoting yet", reason=_unready(runner))
            await asyncio.sleep(POLL_S)

    def _enable(self, runner: PoolRunner) -> None:
        symbol = runner.instrument.symbol
        entry = AuditEntry(caller=OPERATOR, action="pool.enable", target=symbol, reason="started")
        refusal = self._parts.host.command(symbol, Command.ENABLE, entry)
        if refusal is not None:
            self._stop.end(f"not enabled: {refusal.reason}")
        self._sizes.began()

    async def _judge(self, runner: PoolRunner) -> None:
        """A pool that a guard halted, or that something paused, is the end of the session."""
        was_active = False
        while not self._stop.is_set:
            if runner.state is PoolState.HALTED:
                self._stop.end(f"kill switch: {runner.reason}")
            elif runner.failure is not None:
                self._broken = runner.failure
                self._stop.end(f"the engine broke: {runner.failure}")
            elif was_active and runner.state is PoolState.PAUSED:
                self._stop.end(runner.reason)
            was_active = was_active or runner.state is PoolState.ACTIVE
            await asyncio.sleep(POLL_S)

    async def _step_engine(self) -> None:
        """Whatever breaks, the engine has to be stepped until its orders are gone."""
        while True:
            await guarded(self._parts.host.run(), self._broke)
            await asyncio.sleep(TICK / NANOS_PER_SECOND)

    def _broke(self, failure: str, trace: str) -> None:
        self._parts.log.error("A part of the maker broke", failure=failure, trace=trace)
        self._broken = self._broken or failure
        self._stop.end(f"a part broke: {failure}")


def _unready(runner: PoolRunner) -> str:
    if cause := runner.cause():
        return cause
    if runner.strays:
        return f"{runner.strays} orders of this program are open that this run did not send"
    return "the venue has not yet said that nothing of ours is open"


async def clear_leftovers(parts: MakerParts) -> bool:
    """Cancel what an earlier run of this program left in this market, and return whether there was
    something; orders of others are named. Raises VenueRefusedError where some stay,
    VenueUnavailableError where the venue is away."""
    session, log = parts.opened.session, parts.log
    swept = await cancel_own(session.connection, session.universe, session.trader, [parts.coin])
    if swept.cancelled:
        count = len(swept.cancelled)
        said = f"Cancelling {count} existing orders on startup (attempt {swept.rounds})"
        log.info(said, cancelled=count)
    for order in swept.foreign:
        log.warning(
            "Order of others on this market is left alone",
            oid=order.oid,
            side=order.side,
            size=str(order.sz),
            price=str(order.limit_px),
        )
    if swept.left:
        raise VenueRefusedError(
            f"{len(swept.left)} orders of an earlier run do not go away, or another maker trades "
            f"{parts.coin} with this account: see `market_maker status`"
        )
    return bool(swept.cancelled)
