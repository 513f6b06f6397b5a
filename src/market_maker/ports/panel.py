"""What an operator reads of the past: alerts, the series of the pools, reports on recordings."""

from collections.abc import Sequence
from typing import Protocol

from market_maker.model.alerts import AlertCriteria, AlertRecord, AlertSeverity
from market_maker.model.history import EncodedBlock, HistoryBlock
from market_maker.model.pool import PoolConfig
from market_maker.model.records import Page
from market_maker.model.report_jobs import RecordingFile, ReportJob, ReportRequest, Trial
from market_maker.model.units import Nanos


class AlertRecords(Protocol):
    """Alerts; at most one of a symbol and kind holds at a time."""

    async def add(self, alert: AlertRecord) -> AlertRecord:
        """Store a new one; returns it with its id. Raises ConflictError where one of the symbol
        and kind holds already."""

    async def get(self, alert_id: int) -> AlertRecord | None:
        """The alert, or None."""

    async def holding(self) -> tuple[AlertRecord, ...]:
        """All that hold, oldest first."""

    async def raise_to(self, alert_id: int, severity: AlertSeverity, text: str) -> None:
        """Another severity, with the words for it."""

    async def clear(self, alert_id: int, now: Nanos) -> None:
        """It holds no longer."""

    async def acknowledge(self, alert_id: int, by: str, note: str, now: Nanos) -> bool:
        """Whether it was not acknowledged before, and is now."""

    async def page(
        self, criteria: AlertCriteria, limit: int, cursor: str | None = None
    ) -> Page[AlertRecord]:
        """Newest first."""

    async def purge(self, cleared_before: Nanos) -> int:
        """Forget what was cleared before; returns how many."""


class HistoryBlocks(Protocol):
    """Series in blocks."""

    async def put(self, blocks: Sequence[HistoryBlock | EncodedBlock]) -> None:
        """Store each in place of the one that was there."""

    async def read(
        self, symbol: str, step: Nanos, since: Nanos, until: Nanos
    ) -> tuple[HistoryBlock, ...]:
        """Blocks with a row in since <= ts < until, oldest first."""

    async def purge(self, step: Nanos, before: Nanos) -> int:
        """Forget blocks that begin before; returns how many."""


class Reports(Protocol):
    """Reports made on request beside the service, one at a time."""

    def recordings(self) -> tuple[RecordingFile, ...]:
        """What they can be made on, by name."""

    def jobs(self) -> tuple[ReportJob, ...]:
        """Newest first."""

    def get(self, job_id: str) -> ReportJob:
        """Raises NotFoundError."""

    def start(
        self,
        request: ReportRequest,
        config: PoolConfig | None,
        by: str,
        trial: Trial | None = None,
    ) -> ReportJob:
        """Put it in the queue. config: of request.pool; trial: what a comparison compares it with.
        Raises NotFoundError for a recording or a journal that is not there, ConflictError where
        too many wait."""

    def cancel(self, job_id: str) -> ReportJob:
        """End it, wherever it is. Raises NotFoundError, ConflictError where it has ended."""

    def page(self, job_id: str) -> str:
        """The page of a job that is done. Raises NotFoundError."""
