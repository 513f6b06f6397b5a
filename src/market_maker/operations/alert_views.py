"""Alerts in people's words."""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.alerts import AlertRecord, AlertSeverity, AlertState
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Nanos
from market_maker.operations.alert_conditions import (
    BEHIND,
    DEPENDENCY,
    FAILED,
    FOREIGN,
    GUARD,
    HALTED,
    NOT_COUNTED,
    SHORT,
    STOPPED,
    UNATTRIBUTED,
    UNKNOWN,
    UNPROVED,
    WAITS,
)

TITLES = {
    HALTED: "Pool is halted",
    STOPPED: "Pool stopped itself",
    WAITS: "Quoted before the start, does not now",
    FAILED: "Engine failed",
    UNPROVED: "Cancels are not proved",
    UNKNOWN: "Orders are unknown",
    FOREIGN: "The venue lists orders that are not ours",
    UNATTRIBUTED: "Fills of orders that are not known",
    NOT_COUNTED: "Fees that no PnL has",
    BEHIND: "Behind the quoting obligation",
    GUARD: "Close to a limit",
    DEPENDENCY: "A dependency is down",
    SHORT: "Short of processor",
}
WHAT_TO_DO = {
    HALTED: "Read the reason, check fills and audit, review the halt, then resume (section 11).",
    STOPPED: "Put right what the reason names before you enable it (section 16 has each reason).",
    WAITS: "Do what follows a start (section 11, recovery), then enable it; or acknowledge this.",
    FAILED: "Keep the log's trace; enabling the pool makes a new engine (section 16).",
    UNPROVED: "Check the venue's own list of open orders; kill the pool if one is left.",
    UNKNOWN: "Wait for reconciliation; the venue's list decides (section 16).",
    FOREIGN: "Find out who sent them; the pool cancels what it finds in its own account.",
    UNATTRIBUTED: "Compare the venue's fills with the records; run `market_maker ledger check`.",
    NOT_COUNTED: "Pay them elsewhere or have the venue take the quote currency; an approval of the "
    "month has to name them (docs/settlement.md).",
    BEHIND: "See which side is silent and why; the reason stands with the pool.",
    GUARD: "Reduce the position or let the guard halt; a limit is loosened by risk alone.",
    DEPENDENCY: "Sections 2 and 16 say what hangs on it; /health has the words of now.",
    SHORT: "The exchange is not the cause. Fewer symbols in this process, more workers, or a "
    "machine with more processor time (section 29).",
}
"""One sentence each; sections are those of docs/operations.md."""

OF_DEPENDENCY = {
    "venue": "Where it says 401 or 403 it does not accept a credential: renew that, or suspend the "
    "member it is of. Else wait: of orders nothing is assumed without its word.",
    "database": "Engines quote on for a while; kill and pause work without it. Bring it back.",
    "records": "Bring the database back: with 50,000 records waiting every pool pauses.",
    "journal": "Quoting goes on, its turns cannot be explained. Free the disk, or its folder.",
    "log": "Quoting goes on, lines are lost. Free the disk or the pipe that takes them.",
    "anchors": "Quoting goes on. Free the disk of the file, or of AUDIT_ANCHOR_COPY.",
    "clock": "Have the machine's time put right; a restart takes the right time at once.",
    "events": "Quoting goes on, events wait in the outbox and go out by themselves (section 28).",
    "worker": "Where it is gone its pools are PAUSED; wait for its successor (section 29).",
}
"""The same by what /health calls it; of all workers one."""


class AlertView(Struct, frozen=True, kw_only=True):
    """One alert. symbol: null for the service itself; kind: a stable name; title, text,
    what_to_do: for people; value against threshold in `unit`, null where nothing is compared: of
    now while it holds, of before the halt that it announced, else of when it was opened."""

    id: int
    symbol: str | None
    kind: str
    severity: AlertSeverity
    state: AlertState
    title: str
    text: str
    what_to_do: str
    value: Decimal | None
    threshold: Decimal | None
    unit: str
    since: Nanos
    cleared_at: Nanos | None
    acknowledged_by: str
    acknowledged_at: Nanos | None
    note: str


def alert_view(alert: AlertRecord) -> AlertView:
    """An alert in people's words."""
    family = family_of(alert.kind)
    dependency, *number = alert.kind.removeprefix(DEPENDENCY).split(" ")
    is_venue = number and " venue: " in alert.text
    advice = OF_DEPENDENCY.get("venue" if is_venue else dependency, WHAT_TO_DO[family])
    return AlertView(
        **shared_fields(AlertView, alert, but=("symbol",)),
        symbol=alert.symbol or None,
        title=TITLES[family],
        what_to_do=advice,
    )


def family_of(kind: str) -> str:
    """The part of a kind that has a title."""
    return next((each for each in (GUARD, DEPENDENCY, SHORT) if kind.startswith(each)), kind)
