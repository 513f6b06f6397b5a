"""Statements: a settlement record with every entry it was made from, as a page or as a table."""

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum

from msgspec import Struct

from market_maker.accounting.uncounted_fees import in_words, not_counted
from market_maker.model.errors import NotFoundError
from market_maker.model.money import SettlementRecord
from market_maker.model.units import ParticipantId
from market_maker.ports import Store, Unit
from market_maker.settlement.period import span_of
from market_maker.settlement.statement import Statement, Writer
from market_maker.settlement.statement_csv import CsvStatement
from market_maker.settlement.statement_html import HtmlStatement

ENTRIES_AT_ONCE = 50
"""Read and written in one go, about two milliseconds; then other tasks run."""


class Form(StrEnum):
    """How a statement is written."""

    HTML = "html"
    CSV = "csv"


class Written(Struct, frozen=True):
    """A statement on its way out. parts: of its text, in order; they end with InvalidDataError if
    the entries do not add up to the record; then there is no statement."""

    record: SettlementRecord
    parts: AsyncIterator[str]


class Statements:
    """Written page by page: a month of fills is never held in memory, nor the database open. What
    a record was made from never changes, so pages read at different moments fit together."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, participant_id: ParticipantId, month: str) -> SettlementRecord:
        """The participant's record of a month that was not rejected. Raises NotFoundError."""
        async with self._store.reading() as unit:
            if await unit.participants.get(participant_id) is None:
                raise NotFoundError("participant", participant_id)
            for record in await unit.settlements.standing(participant_id):
                if record.month == month:
                    return record
        raise NotFoundError(f"settlement of {participant_id} for", month)

    async def write(self, settlement_id: str, form: Form) -> Written:
        """Raises NotFoundError."""
        async with self._store.reading() as unit:
            statement = await _statement(unit, settlement_id)
        writer = HtmlStatement(statement) if form is Form.HTML else CsvStatement(statement)
        return Written(statement.record, self._parts(statement.record, writer))

    async def _parts(self, record: SettlementRecord, writer: Writer) -> AsyncIterator[str]:
        yield "".join(writer.head())
        cursor = None
        while True:
            async with self._store.reading() as unit:
                page = await unit.ledger.spanned(span_of(record), ENTRIES_AT_ONCE, cursor)
            yield "".join(writer.rows(page.items))
            cursor = page.next_cursor
            if cursor is None:
                break
            await asyncio.sleep(0)
        yield "".join(writer.tail())


async def _statement(unit: Unit, settlement_id: str) -> Statement:
    record = await unit.settlements.get(settlement_id)
    if record is None:
        raise NotFoundError("settlement", settlement_id)
    participant = await unit.participants.get(record.participant_id)
    assert participant is not None, record
    return Statement(
        record=record,
        display_name=participant.display_name,
        account_id=participant.account_id,
        not_counted=in_words(await not_counted(unit, record)),
    )
