"""Participants: enrolment, terms and status, across all pools."""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.caller import Caller
from market_maker.model.participant import (
    Participant,
    ParticipantCommand,
    ParticipantStatus,
    RevenueModel,
    Tier,
)
from market_maker.model.records import Page
from market_maker.model.units import ParticipantId
from market_maker.service.views import MemberView


class Enrolment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What POST /participants says. Amounts in USDT, shares in per cent."""

    user_id: str
    account_id: str
    display_name: str
    initial_margin_usdt: Decimal
    max_drawdown_pct: Decimal
    revenue_model: RevenueModel
    revenue_share_pct: Decimal
    tier: Tier
    enrolled_by: str = ""
    notes: str = ""


class ParticipantChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Mutable fields; None keeps what is stored. Identity (user, account) never changes."""

    display_name: str | None = None
    initial_margin_usdt: Decimal | None = None
    max_drawdown_pct: Decimal | None = None
    revenue_model: RevenueModel | None = None
    revenue_share_pct: Decimal | None = None
    tier: Tier | None = None
    notes: str | None = None


class Participants:
    """Global identities; the commands reach every pool they are in."""

    async def enroll(self, caller: Caller, enrolment: Enrolment) -> Participant:
        """A new participant, PENDING, with an id of ours. Raises InvalidFieldError."""
        raise NotImplementedError

    async def change(
        self,
        caller: Caller,
        participant_id: ParticipantId,
        change: ParticipantChange,
        expected_version: int | None = None,
    ) -> Participant:
        """Raises NotFoundError, InvalidFieldError, ConflictError("version"),
        IllegalTransitionError when TERMINATED."""
        raise NotImplementedError

    async def command(
        self, caller: Caller, participant_id: ParticipantId, command: ParticipantCommand
    ) -> Participant:
        """Activate, suspend (memberships stay, orders go) or terminate (removed from all pools,
        final). Idempotent. Raises NotFoundError, IllegalTransitionError."""
        raise NotImplementedError

    async def get(self, participant_id: ParticipantId) -> Participant:
        """Raises NotFoundError."""
        raise NotImplementedError

    async def page(
        self, limit: int, cursor: str | None = None, status: ParticipantStatus | None = None
    ) -> Page[Participant]:
        """By participant_id."""
        raise NotImplementedError

    async def memberships(self, participant_id: ParticipantId) -> tuple[MemberView, ...]:
        """All of them, removed ones too, by symbol. Raises NotFoundError."""
        raise NotImplementedError
