"""Participants: who lends a pool its account, under which terms, and what moves them."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeAlias

from msgspec import Struct

from market_maker.model.errors import IllegalTransitionError
from market_maker.model.fields import line, meaning, name, number, positive, shown
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


DisplayName: TypeAlias = Annotated[str, shown(100, "Name that people read.")]
Margin: TypeAlias = Annotated[
    Decimal,
    number(
        "0",
        "100000000000",
        "USDT",
        "Bounds its position in all pools, orders in flight too.",
    ),
]
DrawdownLimit: TypeAlias = Annotated[
    Decimal,
    positive(
        "100",
        "per cent of the peak",
        "Loss from the peak of margin and PnL that suspends it.",
    ),
]
Revenue: TypeAlias = Annotated[RevenueModel, meaning("How a profit is shared.")]
RevenueShare: TypeAlias = Annotated[
    Decimal, number("0", "100", "per cent", "The platform's share of a profit, where it is split.")
]
InTier: TypeAlias = Annotated[Tier, meaning("Weighs in the leaderboard.")]
Notes: TypeAlias = Annotated[str, line(1_000, "Notes for people.")]


class Enrolment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new participant: its user and account at the exchange, and its terms."""

    user_id: Annotated[str, name("Its user at the exchange.")]
    account_id: Annotated[str, name("Its account at the exchange; no other participant has it.")]
    display_name: DisplayName
    initial_margin_usdt: Margin
    max_drawdown_pct: DrawdownLimit
    revenue_model: Revenue
    revenue_share_pct: RevenueShare
    tier: InTier
    enrolled_by: Annotated[str, line(100, "Who enrolled it; the caller unless given.")] = ""
    notes: Notes = ""


class ParticipantChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays. Identity (user, account) never changes."""

    display_name: DisplayName | None = None
    initial_margin_usdt: Margin | None = None
    max_drawdown_pct: DrawdownLimit | None = None
    revenue_model: Revenue | None = None
    revenue_share_pct: RevenueShare | None = None
    tier: InTier | None = None
    notes: Notes | None = None


class ParticipantCriteria(Struct, frozen=True, kw_only=True):
    """Which participants: every criterion that is given must hold. words: in the display name or
    the participant_id, whatever the case of their letters."""

    status: ParticipantStatus | None = None
    tier: Tier | None = None
    words: str | None = None


ALL_PARTICIPANTS = ParticipantCriteria()


class Participant(Enrolment, frozen=True, kw_only=True):
    """A global identity: its user and account at the exchange, its terms, its status."""

    participant_id: ParticipantId
    status: ParticipantStatus
    version: int
    created_at: Nanos
    updated_at: Nanos
