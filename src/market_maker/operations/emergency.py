"""Kill and flatten: every engine at once, now, whatever the database does."""

from collections.abc import Callable

from market_maker.execution.engine_host import EngineHost
from market_maker.execution.engines import RunningPool
from market_maker.execution.pool_runner import PoolRunner
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

PROVED_WITHIN_S = 2.0
"""The answer waits so long for the venue's word; what is not proved by then is shown as open."""

RECORDED_WITHIN_S = 1.0


class Emergency:
    """Sends the commands, waits for the venue's confirmation, then for the records."""

    def __init__(self, engine_host: EngineHost, recorder: Recorder, clock: Clock) -> None:
        self._engine_host, self._recorder, self._clock = engine_host, recorder, clock

    async def kill(self, caller: Caller, reason: str, symbol: str = "") -> EmergencyView:
        """Every engine HALTED, or one symbol's. Raises NotFoundError for a symbol without."""
        reason, action = reason or "emergency kill", "emergency.kill"
        return await self._stop(caller, action, reason, lambda _: Command.HALT, symbol)

    async def flatten(
        self, caller: Caller, reason: str, symbol: str = "", *, unwind: bool
    ) -> EmergencyView:
        """Every engine PAUSED, or one symbol's; with `unwind` an ACTIVE one when it has become
        flat. Raises NotFoundError for a symbol without."""
        reason = reason or "emergency flatten"

        def command(runner: PoolRunner) -> Command:
            goes_on = unwind and runner.state is PoolState.ACTIVE
            return Command.UNWIND if goes_on else Command.PAUSE

        return await self._stop(caller, "emergency.flatten", reason, command, symbol)

    async def _stop(
        self,
        caller: Caller,
        action: str,
        reason: str,
        command: Callable[[PoolRunner], Command],
        symbol: str = "",
    ) -> EmergencyView:
        """symbol: one only; EVERYTHING is all."""
        with self._engine_host.stops.carried_out(symbol):
            at = self._clock.now()
            runners = self._runners(symbol)
            before = [runner.open_orders() for runner in runners]
            errors = [
                self._one(runner, command(runner), caller, action, reason) for runner in runners
            ]
            entry = AuditEntry(
                caller=caller, action=action, target=symbol or "all pools", reason=reason
            )
            self._recorder.put(RecordRequest(None, 0, None, entry))
            stopped = [runner for runner in runners if not runner.unwinding]
            await self._engine_host.proved(stopped, PROVED_WITHIN_S)
            recorded = await self._recorder.flushed(RECORDED_WITHIN_S)
        views = tuple(map(stopped_view, runners, before, errors))
        return EmergencyView(action=action, at=at, pools=views, recorded=recorded)

    def _runners(self, symbol: str) -> tuple[PoolRunner, ...]:
        if symbol == EVERYTHING:
            return self._engine_host.runners()
        runner = self._engine_host.get(symbol)
        if runner is None:
            raise NotFoundError("engine of", symbol)
        return (runner,)

    def _one(
        self, runner: PoolRunner, command: Command, caller: Caller, action: str, reason: str
    ) -> str:
        """Why it could not be stopped as asked; a HALTED pool stays HALTED, which is no error."""
        symbol = runner.instrument.symbol
        entry = AuditEntry(caller=caller, action=action, target=symbol, reason=reason)
        refusal = self._engine_host.command(symbol, command, entry)
        return "" if refusal is None or runner.state is PoolState.HALTED else refusal.reason


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
