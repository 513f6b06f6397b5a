"""Kill and flatten: every engine at once, now, whatever the database does."""

from collections.abc import Callable

from market_maker.model.caller import Caller
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Order
from market_maker.ports import Clock
from market_maker.service.audit import Entry
from market_maker.service.floor import Floor
from market_maker.service.notes import Note
from market_maker.service.recorder import Recorder
from market_maker.service.station import Station
from market_maker.service.status import at_mid, open_order
from market_maker.service.stops import EVERYTHING
from market_maker.service.views import EmergencyView, Standing, StoppedView

PROVED_WITHIN_S = 2.0
"""The answer waits so long for the venue's word; what is not proved by then is shown as open."""

RECORDED_WITHIN_S = 1.0


class Emergency:
    """Commands first, looks at the venue then, and waits for the records last."""

    def __init__(self, floor: Floor, recorder: Recorder, clock: Clock) -> None:
        self._floor, self._recorder, self._clock = floor, recorder, clock

    async def kill(self, caller: Caller, reason: str) -> EmergencyView:
        """Every engine HALTED."""
        reason = reason or "emergency kill"
        return await self._all(caller, "emergency.kill", reason, lambda _: Command.HALT)

    async def flatten(self, caller: Caller, reason: str, *, unwind: bool) -> EmergencyView:
        """Every engine PAUSED; with `unwind` the ACTIVE ones when they have become flat."""
        reason = reason or "emergency flatten"

        def command(station: Station) -> Command:
            goes_on = unwind and station.state is PoolState.ACTIVE
            return Command.UNWIND if goes_on else Command.PAUSE

        return await self._all(caller, "emergency.flatten", reason, command)

    async def _all(
        self, caller: Caller, action: str, reason: str, command: Callable[[Station], Command]
    ) -> EmergencyView:
        with self._floor.stops.carried_out(EVERYTHING):
            at = self._clock.now()
            stations = self._floor.stations()
            before = [station.open_orders() for station in stations]
            errors = [
                self._one(station, command(station), caller, action, reason) for station in stations
            ]
            entry = Entry(caller=caller, action=action, target="all pools", reason=reason)
            self._recorder.put(Note(None, 0, None, entry))
            stopped = [station for station in stations if not station.unwinding]
            await self._floor.proved(stopped, PROVED_WITHIN_S)
            recorded = await self._recorder.flushed(RECORDED_WITHIN_S)
        views = tuple(map(_stopped, stations, before, errors))
        return EmergencyView(action=action, at=at, pools=views, recorded=recorded)

    def _one(
        self, station: Station, command: Command, caller: Caller, action: str, reason: str
    ) -> str:
        """Why it could not be stopped as asked; a HALTED pool stays HALTED, which is no error."""
        symbol = station.instrument.symbol
        entry = Entry(caller=caller, action=action, target=symbol, reason=reason)
        refusal = self._floor.command(symbol, command, entry)
        return "" if refusal is None or station.state is PoolState.HALTED else refusal.reason


def _stopped(station: Station, before: tuple[Order, ...], error: str) -> StoppedView:
    instrument, after = station.instrument, station.open_orders()
    snapshot = None if station.failure else station.snapshot()
    left = [order.order_id for order in after]
    gone = [order for order in before if order.order_id not in left]
    return StoppedView(
        symbol=instrument.symbol,
        state=Standing(station.state),
        reason=station.reason,
        cancelled=tuple(open_order(instrument, order) for order in gone),
        still_open=tuple(open_order(instrument, order) for order in after),
        cancel_unconfirmed=station.is_unproved,
        position=None if snapshot is None else instrument.quantity(snapshot.position),
        position_usdt=(
            None if snapshot is None else at_mid(instrument, snapshot.mid_x2, snapshot.position)
        ),
        unwinding=station.unwinding,
        error=error,
    )
