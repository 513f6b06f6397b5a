"""Kill and flatten: every engine at once, now, whatever the database does."""

from collections.abc import Callable

import msgspec

from market_maker.execution.engine_host import EngineHost
from market_maker.execution.engines import RunningPool
from market_maker.execution.pool_runner import PULLING, PoolRunner
from market_maker.execution.stops import EVERYTHING
from market_maker.journaling.audit import AuditEntry
from market_maker.journaling.record_request import RecordRequest
from market_maker.journaling.recorder import Recorder
from market_maker.model.caller import Caller
from market_maker.model.errors import NotFoundError
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Order
from market_maker.operations.status import at_mid, open_order
from market_maker.operations.views import EmergencyView, PoolStatus, StoppedView
from market_maker.ports import Clock

ALL_POOLS = "all pools"
"""What a stop of everything was about, in the audit log."""

KILLED, FLATTENED = "emergency.kill", "emergency.flatten"
REASONS = {KILLED: "emergency kill", FLATTENED: "emergency flatten"}
"""Of stops for which no reason is given."""

PROVED_WITHIN_S = 2.0
"""The answer waits so long for the venue's word; what is not proved by then is shown as open."""

RECORDED_WITHIN_S = 1.0


class Emergency:
    """Sends the commands, waits for the venue's confirmation, then for the records. whose: all of
    the pools that it stops, as the audit log names them."""

    def __init__(
        self, engine_host: EngineHost, recorder: Recorder, clock: Clock, whose: str = ALL_POOLS
    ) -> None:
        self._engine_host, self._recorder, self._clock = engine_host, recorder, clock
        self._whose = whose

    async def kill(
        self, caller: Caller, reason: str, symbol: str = "", *, entered: bool = False
    ) -> EmergencyView:
        """Every engine HALTED, or one symbol's. entered: the command stands in the audit log
        already. Raises NotFoundError for a symbol without."""
        entry = self._entry(caller, KILLED, reason, symbol)
        return await self._stop(entry, lambda _: Command.HALT, symbol, entered=entered)

    async def flatten(
        self,
        caller: Caller,
        reason: str,
        symbol: str = "",
        *,
        unwind: bool,
        entered: bool = False,
    ) -> EmergencyView:
        """Every engine PAUSED, or one symbol's; with `unwind` an ACTIVE one when it has become
        flat. entered, and raises: as `kill`."""

        def command(runner: PoolRunner) -> Command:
            goes_on = unwind and runner.state is PoolState.ACTIVE
            return Command.UNWIND if goes_on else Command.PAUSE

        entry = self._entry(caller, FLATTENED, reason, symbol)
        return await self._stop(entry, command, symbol, entered=entered)

    def _entry(self, caller: Caller, action: str, reason: str, symbol: str) -> AuditEntry:
        reason = reason or REASONS[action]
        target = symbol or self._whose
        return AuditEntry(caller=caller, action=action, target=target, reason=reason)

    async def _stop(
        self,
        entry: AuditEntry,
        command: Callable[[PoolRunner], Command],
        symbol: str,
        *,
        entered: bool,
    ) -> EmergencyView:
        """symbol: one only; EVERYTHING is all."""
        with self._engine_host.stops.carried_out(symbol):
            at = self._clock.now()
            runners = self._runners(symbol)
            commands = [(runner, command(runner)) for runner in runners]
            self._engine_host.cancel_ahead(each for each, asked in commands if asked in PULLING)
            done = [
                (runner.open_orders(), self._one(runner, asked, entry))
                for runner, asked in commands
            ]
            if not entered:
                self._recorder.put(RecordRequest(None, 0, None, entry))
            stopped = [runner for runner in runners if not runner.unwinding]
            await self._engine_host.proved(stopped, PROVED_WITHIN_S)
            recorded = await self._recorder.flushed(RECORDED_WITHIN_S)
        views = tuple(
            msgspec.structs.replace(
                stopped_view(runner, before, error), unproved=_why_unproved(runner)
            )
            for runner, (before, error) in zip(runners, done, strict=True)
        )
        return EmergencyView(action=entry.action, at=at, pools=views, recorded=recorded)

    def _runners(self, symbol: str) -> tuple[PoolRunner, ...]:
        if symbol == EVERYTHING:
            return self._engine_host.runners()
        runner = self._engine_host.get(symbol)
        if runner is None:
            raise NotFoundError("engine of", symbol)
        return (runner,)

    def _one(self, runner: PoolRunner, command: Command, entry: AuditEntry) -> str:
        """Why it could not be stopped as asked; a HALTED pool stays HALTED, which is no error."""
        symbol = runner.instrument.symbol
        own = msgspec.structs.replace(entry, target=symbol)
        refusal = self._engine_host.command(symbol, command, own)
        return "" if refusal is None or runner.state is PoolState.HALTED else refusal.reason


def _why_unproved(runner: PoolRunner) -> str:
    """In words; empty where the venue has confirmed it."""
    if not runner.is_unproved:
        return ""
    return runner.proof.problem or "the venue was not asked often enough yet, or lists open orders"


def stopped_view(runner: RunningPool, before: tuple[Order, ...], error: str) -> StoppedView:
    """What became of a pool whose open orders were `before`."""
    instrument, after = runner.instrument, runner.open_orders()
    snapshot = None if runner.failure else runner.snapshot()
    left = [order.order_id for order in after]
    gone = [order for order in before if order.order_id not in left]
    return StoppedView(
        symbol=instrument.symbol,
        state=PoolStatus(runner.state),
        reason=runner.reason,
        cancelled=tuple(open_order(instrument, order) for order in gone),
        still_open=tuple(open_order(instrument, order) for order in after),
        cancel_unconfirmed=runner.is_unproved,
        position=None if snapshot is None else instrument.quantity(snapshot.position),
        position_usdt=(
            None if snapshot is None else at_mid(instrument, snapshot.mid_x2, snapshot.position)
        ),
        unwinding=runner.unwinding,
        error=error,
    )
