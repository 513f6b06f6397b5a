"""Notes: what an engine did that must be stored, on its way from the floor to the recorder."""

from typing import TypeAlias
from uuid import uuid4

from msgspec import Struct, field

from market_maker.model.actions import Place, RecordFill, RecordState
from market_maker.model.instrument import Instrument
from market_maker.service.audit import Entry

Noted: TypeAlias = RecordFill | RecordState | Place | None
"""A Place is noted in shadow mode only; None: nothing moved, but the entry is to be kept."""


class Note(Struct, frozen=True):
    """entry: who asked for it; None where nobody did (a fill, a guard). note_id: unique, of this
    note for ever."""

    instrument: Instrument
    config_version: int
    what: Noted
    entry: Entry | None = None
    note_id: str = field(default_factory=lambda: uuid4().hex)
