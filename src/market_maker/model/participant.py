"""Participants: who lends a pool its account, under which terms, and what moves them."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from market_maker.model.errors import IllegalTransitionError
from market_maker.model.units import Nanos, ParticipantId


class ParticipantStatus(StrEnum):
    """PENDING cannot join pools; SUSPENDED keeps its memberships without orders; TERMINATED is
    final."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    TERMINATED = "TERMINATED"


class ParticipantCommand(StrEnum):
    """What moves a participant."""

    ACTIVATE = "activate"
    SUSPEND = "suspend"
    TERMINATE = "terminate"


class Tier(StrEnum):
    """Institutional, professional, retail or test; weighs in the leaderboard."""

    TIER_1 = "TIER_1"
    TIER_2 = "TIER_2"
    TIER_3 = "TIER_3"


class RevenueModel(StrEnum):
    """KEEP_ALL: the participant keeps everything; PERCENTAGE_SPLIT: the platform retains its
    share of a profit."""

    KEEP_ALL = "KEEP_ALL"
    PERCENTAGE_SPLIT = "PERCENTAGE_SPLIT"


PARTICIPANT_TRANSITIONS: dict[tuple[ParticipantStatus, ParticipantCommand], ParticipantStatus] = {
    (ParticipantStatus.PENDING, ParticipantCommand.ACTIVATE): ParticipantStatus.ACTIVE,
    (ParticipantStatus.PENDING, ParticipantCommand.TERMINATE): ParticipantStatus.TERMINATED,
    (ParticipantStatus.ACTIVE, ParticipantCommand.ACTIVATE): ParticipantStatus.ACTIVE,
    (ParticipantStatus.ACTIVE, ParticipantCommand.SUSPEND): ParticipantStatus.SUSPENDED,
    (ParticipantStatus.ACTIVE, ParticipantCommand.TERMINATE): ParticipantStatus.TERMINATED,
    (ParticipantStatus.SUSPENDED, ParticipantCommand.ACTIVATE): ParticipantStatus.ACTIVE,
    (ParticipantStatus.SUSPENDED, ParticipantCommand.SUSPEND): ParticipantStatus.SUSPENDED,
    (ParticipantStatus.SUSPENDED, ParticipantCommand.TERMINATE): ParticipantStatus.TERMINATED,
    (ParticipantStatus.TERMINATED, ParticipantCommand.TERMINATE): ParticipantStatus.TERMINATED,
}
"""A pair that is missing is refused; one that stays where it is makes the command idempotent."""


def participant_allowed(status: ParticipantStatus) -> tuple[str, ...]:
    """The commands the table allows in `status`."""
    return tuple(command for then, command in PARTICIPANT_TRANSITIONS if then is status)


def participant_advance(
    status: ParticipantStatus, command: ParticipantCommand
) -> ParticipantStatus:
    """Raise IllegalTransitionError unless the table allows `command` in `status`."""
    try:
        return PARTICIPANT_TRANSITIONS[status, command]
    except KeyError:
        raise IllegalTransitionError(status, command, participant_allowed(status)) from None


class Participant(Struct, frozen=True, kw_only=True):
    """A global identity: its user and account at the exchange, its terms, its status.

    initial_margin_usdt: quote currency. max_drawdown_pct, revenue_share_pct: per cent; the
    latter is the platform's. version: grows with every change.
    """

    participant_id: ParticipantId
    user_id: str
    account_id: str
    display_name: str
    initial_margin_usdt: Decimal
    max_drawdown_pct: Decimal
    revenue_model: RevenueModel
    revenue_share_pct: Decimal
    tier: Tier
    enrolled_by: str
    notes: str
    status: ParticipantStatus
    version: int
    created_at: Nanos
    updated_at: Nanos
