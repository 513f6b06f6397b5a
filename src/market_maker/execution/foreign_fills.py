"""Fills of orders that did not go out from here and are ours to book all the same: a trade by hand
on the maker's account, a liquidation.

A fill is stored with its order, and so the foreign order is put on record first, with what is known
of it. The engine gets the fill when that is done. While the database is away it waits here.
"""

from collections import OrderedDict
from collections.abc import Callable

from market_maker.execution.intent_log import Intent, IntentLog, IntentOutcome
from market_maker.execution.order_gate import OrderGate
from market_maker.model.events import FillFound
from market_maker.model.instrument import Instrument
from market_maker.model.records import OrderChange, OrderRecord, OrderStatus
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Lots
from market_maker.ports import Clock

NAMES_KEPT = 20_000
"""Foreign orders that are remembered, so that another fill of one adds to its record."""


class ForeignFills:
    """Of one pool."""

    def __init__(
        self,
        instrument: Instrument,
        log: IntentLog,
        order_gate: OrderGate,
        clock: Clock,
        arrived: Callable[[], None] = lambda: None,
    ) -> None:
        """arrived: called when some wait for the engine."""
        self._instrument, self._log, self._order_gate = instrument, log, order_gate
        self._clock, self._arrived = clock, arrived
        self._filled: OrderedDict[str, Lots] = OrderedDict()
        self._unrecorded: dict[str, list[FillFound]] = {}
        self._ready: list[FillFound] = []

    def __len__(self) -> int:
        """How many are on record and wait for the engine."""
        return len(self._ready)

    def take(self, fill: FillFound) -> None:
        """Put its order on record; the fill is drained after that."""
        name = fill.client_order_id
        known = self._filled.get(name)
        self._filled[name] = Lots((known or 0) + fill.size)
        if len(self._filled) > NAMES_KEPT:
            self._filled.popitem(last=False)
        if known is None:
            self._unrecorded[name] = [fill]
            self._intend(fill)
            return
        change = OrderChange(
            client_order_id=name,
            status=OrderStatus.FILLED,
            filled=self._filled[name],
            updated_at=self._clock.now(),
        )
        self._log.change(change)
        self._unrecorded.get(name, self._ready).append(fill)
        self._arrived()

    def drain(self) -> list[FillFound]:
        """Those whose orders are on record."""
        ready, self._ready = self._ready, []
        return ready

    def _intend(self, fill: FillFound) -> None:
        self._log.intend(Intent(self._record(fill), None, lambda end: self._recorded(fill, end)))

    def _recorded(self, fill: FillFound, end: IntentOutcome) -> None:
        if end.recorded or end.refused:
            # What refused it may be that it is on record already; if not, storing the fill fails
            # and says so.
            self._ready += self._unrecorded.pop(fill.client_order_id)
            self._arrived()
        else:
            self._intend(fill)

    def _record(self, fill: FillFound) -> OrderRecord:
        return OrderRecord(
            **shared_fields(OrderRecord, fill, self._instrument),
            participant_id=fill.member,
            filled=fill.size,
            reduce_only=False,
            status=OrderStatus.FILLED,
            venue_order_id="",
            reason="not sent from here",
            config_version=self._order_gate.config_version,
            created_at=fill.ts_event,
            updated_at=fill.ts_event,
        )
