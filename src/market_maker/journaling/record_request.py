"""Notes: what an engine did that must be stored, on its way from the engines to the recorder."""

from typing import TypeAlias
from uuid import uuid4

from msgspec import Struct, field

from market_maker.journaling.audit import AuditEntry
from market_maker.model.actions import Place, RecordFill, RecordFunding, RecordState
from market_maker.model.instrument import Instrument
from market_maker.telemetry.tracing import current_trace_id

Recordable: TypeAlias = RecordFill | RecordFunding | RecordState | Place | None
"""A Place is noted in shadow mode only; None: nothing moved, but the entry is to be kept."""


class RecordRequest(Struct, frozen=True):
    """instrument: None for an entry that is about no engine. entry: who asked for it; None without
    a caller (a fill, a guard). request_id: unique, never reused. trace_id: of the request that it
    belongs to, empty outside of any."""

    instrument: Instrument | None
    config_version: int
    what: Recordable
    entry: AuditEntry | None = None
    request_id: str = field(default_factory=lambda: uuid4().hex)
    trace_id: str = field(default_factory=current_trace_id)

    @property
    def of(self) -> Instrument:
        """The instrument of a note that says what an engine did."""
        assert self.instrument is not None, self
        return self.instrument
