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
    UNATTRIBUTED,
    UNKNOWN,
    UNPROVED,
)

TITLES = {
    HALTED: "Pool is halted",
    FAILED: "Engine failed",
    UNPROVED: "Cancels are not proved",
    UNKNOWN: "Orders are unknown",
    FOREIGN: "The venue lists orders that are not ours",
    UNATTRIBUTED: "Fills of orders that are not known",
    BEHIND: "Behind the quoting obligation",
    GUARD: "Close to a limit",
    DEPENDENCY: "A dependency is down",
}
WHAT_TO_DO = {
    HALTED: "Read the reason, check fills and audit, review the halt, then resume (section 11).",
    FAILED: "Keep the log's trace; enabling the pool makes a new engine (section 16).",
    UNPROVED: "Check the venue's own list of open orders; kill the pool if one is left.",
    UNKNOWN: "Wait for reconciliation; the venue's list decides (section 16).",
    FOREIGN: "Find out who sent them; the pool cancels what it finds in its own account.",
    UNATTRIBUTED: "Compare the venue's fills with the records; run `market_maker ledger verify`.",
    BEHIND: "See which side is silent and why; the reason stands with the pool.",
    GUARD: "Reduce the position or let the guard halt; a limit is loosened by risk alone.",
    DEPENDENCY: "See /health for the words; engines quote on without a database for a while.",
}
"""One sentence each; sections are those of docs/operations.md."""


class AlertView(Struct, frozen=True, kw_only=True):
    """One alert. symbol: null for the service itself; kind: a stable name; title, text,
    what_to_do: for people; value against threshold in `unit`, null where nothing is compared: of
    now while it holds, else of when it was opened."""

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
    return AlertView(
        **shared_fields(AlertView, alert, but=("symbol",)),
        symbol=alert.symbol or None,
        title=TITLES[family],
        what_to_do=WHAT_TO_DO[family],
    )


def family_of(kind: str) -> str:
    """The part of a kind that has a title."""
    return next((each for each in (GUARD, DEPENDENCY) if kind.startswith(each)), kind)
