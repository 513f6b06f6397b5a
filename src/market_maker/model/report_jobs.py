"""Reports that are made on request: a replay or a comparison on a recording, or live against
simulation of a pool."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeAlias

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import (
    TextBounds,
    choice,
    line,
    meaning,
    name,
    number,
    positive,
    text,
)
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos

QUEUES = ("probability", "pessimistic")
FILE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.mmrec$"
FILE_WORDS = "the name of a file .mmrec in the folder recordings of the data directory"


RecordingName: TypeAlias = Annotated[
    str, text(TextBounds(1, 102, FILE_PATTERN, FILE_WORDS), "On what.")
]
LatencyMs: TypeAlias = Annotated[
    Decimal, number("0", "60000", "ms", "Of orders on their way and of answers.")
]
MakerFeeBps: TypeAlias = Annotated[Decimal, number("-100", "100", "bps", "Cost > 0, rebate < 0.")]
QueueName: TypeAlias = Annotated[str, choice(QUEUES, "What moves our orders up.")]
QuoteRate: TypeAlias = Annotated[
    Decimal | None,
    positive(
        "1000000000",
        "USDT",
        "For one of the recording's quote currency; needed where that is no dollar.",
    ),
]


class ReportKind(StrEnum):
    """What is made."""

    REPLAY = "replay"
    COMPARE = "compare"
    PARITY = "parity"


class JobState(StrEnum):
    """QUEUED waits its turn; INTERRUPTED: the service ended before the report was made."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    INTERRUPTED = "INTERRUPTED"


OPEN = (JobState.QUEUED, JobState.RUNNING)


class ReportRequest(Struct, frozen=True, kw_only=True):
    """What to make. recording: of a replay or a comparison. pool: whose configuration is run, the
    documented start without one; strategies: names with commas, one for a replay, all of them for a
    comparison without any. symbol, since, until: of a parity report, which reads a journal."""

    kind: Annotated[ReportKind, meaning("What to make.")]
    recording: Annotated[
        str | None, text(TextBounds(1, 102, FILE_PATTERN, FILE_WORDS), "On what.")
    ] = None
    symbol: Annotated[str | None, name("The pool whose journal is read: live.")] = None
    since: Annotated[Nanos | None, meaning("Beginning of what is read of the journal.")] = None
    until: Annotated[Nanos | None, meaning("End of it.")] = None
    pool: Annotated[str | None, name("Whose configuration is run.")] = None
    strategies: Annotated[str, line(500, "Names, separated by commas.")] = ""
    latency_ms: LatencyMs = Decimal(5)
    maker_fee_bps: MakerFeeBps = Decimal(0)
    queue: QueueName = QUEUES[0]
    quote_rate: QuoteRate = None

    @property
    def subject(self) -> str:
        """The recording or the pool that it is about. Raises InvalidFieldError without one."""
        live = self.kind is ReportKind.PARITY
        subject = self.symbol if live else self.recording
        if subject is None:
            words = "the symbol of a pool" if live else FILE_WORDS
            raise InvalidFieldError("symbol" if live else "recording", None, words)
        return subject


class Trial(Struct, frozen=True):
    """A configuration that is not saved, compared with the one in force. changes: its differences,
    as text."""

    config: PoolConfig
    changes: str


class ReportJob(Struct, frozen=True, kw_only=True):
    """One request and what became of it. progress: 0 to 1; eta: when it will be made at the pace so
    far, null before it has one and once it has ended; detail: why it failed; bytes: of the page;
    changes: of a trial, what it would change."""

    id: str
    request: ReportRequest
    state: JobState
    progress: float
    detail: str
    by: str
    created_at: Nanos
    started_at: Nanos | None = None
    eta: Nanos | None = None
    ended_at: Nanos | None = None
    bytes: int = 0
    changes: str = ""


class RecordingFile(Struct, frozen=True, kw_only=True):
    """A recording that reports can be made on."""

    name: str
    bytes: int
    modified_at: Nanos
